/** The small subset of XML that the CloudFront API uses: elements and text, no attributes. */

export interface XmlElement {
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** Text of an element without children. */
  readonly text: string;
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function decode(text: string): string {
  return text.replace(/&(#x?[0-9a-f]+|[a-z]+);/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return entities[name] ?? whole;
    return String.fromCodePoint(/^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1)));
  });
}

const encode = (text: string): string => text.replace(/[&<>\r]/g, (character) => `&#${character.codePointAt(0)};`);

/** The root element of a document; undefined if there is none, as in an empty body. Attributes are dropped. */
export function parseXml(document: string): XmlElement | undefined {
  interface Open {
    readonly name: string;
    readonly children: XmlElement[];
    text: string;
  }
  const top: Open = { name: '', children: [], text: '' };
  const open = [top];
  for (const [token] of document.matchAll(/<\?[^>]*\?>|<[^>]+>|[^<]+/g)) {
    const parent = open.at(-1) ?? top;
    if (token.startsWith('<?')) continue;
    if (token.startsWith('</')) {
      open.pop();
      open.at(-1)?.children.push(parent);
    } else if (token.startsWith('<')) {
      const element = { name: /[^<\s/>]+/.exec(token)?.[0] ?? '', children: [], text: '' };
      if (token.endsWith('/>')) parent.children.push(element);
      else open.push(element);
    } else if (parent.children.length === 0) {
      parent.text += decode(token);
    }
  }
  if (open.length !== 1) throw new Error('an XML element is not closed');
  return top.children[0];
}

export function renderXml({ name, children, text }: XmlElement): string {
  const content = children.length === 0 ? encode(text) : children.map(renderXml).join('');
  return `<${name}>${content}</${name}>`;
}

/** A new element with text, or with children. */
export const xml = (name: string, content: string | readonly (XmlElement | undefined)[]): XmlElement =>
  typeof content === 'string'
    ? { name, children: [], text: content }
    : { name, children: content.filter((child) => child !== undefined), text: '' };

/** The first element on a path of names, below `element`. */
export function find(element: XmlElement | undefined, ...path: readonly string[]): XmlElement | undefined {
  return path.reduce<XmlElement | undefined>(
    (parent, name) => parent?.children.find((child) => child.name === name),
    element,
  );
}

/** Text of the first element on a path; '' if there is none. */
export const textAt = (element: XmlElement | undefined, ...path: readonly string[]): string =>
  find(element, ...path)?.text ?? '';

/** Every element with that name below `element`, at any depth. */
export function all(element: XmlElement | undefined, name: string): XmlElement[] {
  return (element?.children ?? []).flatMap((child) => [...(child.name === name ? [child] : []), ...all(child, name)]);
}

/** Nonempty texts of all elements with that name below `element`. */
export const texts = (element: XmlElement | undefined, name: string): string[] =>
  all(element, name)
    .map(({ text }) => text)
    .filter((text) => text !== '');
