/** Types that every element needs in JSX and in Vue: names of events, and attributes of any element. */

type Pascal<Text extends string> = Text extends `${infer Head}-${infer Tail}`
  ? `${Capitalize<Head>}${Pascal<Tail>}`
  : Capitalize<Text>;

type EventOf<Tag extends string> = keyof HTMLElementEventMap & `${Tag}-${string}`;

/** `onsecure-login-signed-in`: every event of the element `Tag`, as React 19 listens to it. */
export type JsxListeners<Tag extends string> = {
  [Name in EventOf<Tag> as `on${Name}`]?: ((event: HTMLElementEventMap[Name]) => void) | undefined;
};

/** `onSecureLoginSignedIn`: every event of the element `Tag`, as Vue listens to it. */
export type VueListeners<Tag extends string> = {
  [Name in EventOf<Tag> as `on${Pascal<Name>}`]?: ((event: HTMLElementEventMap[Name]) => void) | undefined;
};

/** Every element in JSX. */
export interface JsxElement<Of> {
  id?: string | undefined;
  class?: string | undefined;
  className?: string | undefined;
  style?: object | undefined;
  slot?: string | undefined;
  hidden?: boolean | undefined;
  key?: string | number | bigint | null | undefined;
  ref?: ((element: Of | null) => unknown) | { current: Of | null } | null | undefined;
}

/** Every element in Vue. */
export interface VueElement {
  id?: string | undefined;
  class?: unknown;
  style?: unknown;
  slot?: string | undefined;
  hidden?: boolean | undefined;
  key?: PropertyKey | undefined;
  ref?: unknown;
}

/** An attribute that is there or not. React takes it away for `false`. */
export type JsxSwitch = boolean | undefined;

/** Vue writes `false` as text, which would switch it on: `:one-tap="wanted || undefined"`. */
export type VueSwitch = true | '' | undefined;

/** As Vue's own type checker reads a template: `after-sign-in` is `afterSignIn` there. */
export type InTemplate<Props> = {
  [Name in keyof Props as Name extends string ? Uncapitalize<Pascal<Name>> : Name]: Props[Name];
};
