/** Owns the errors that the operator can mend: what is wrong, with which file or field, and the command for it. Decides nothing. */

/** Why a site cannot be synthesized yet. */
export type SetupCode =
  | 'config_wrong'
  | 'client_id_missing'
  | 'keys_missing'
  | 'keys_broken'
  | 'private_keys_missing'
  | 'build_missing'
  | 'content_missing'
  | 'content_link'
  | 'content_name'
  | 'content_secret'
  | 'content_elsewhere'
  | 'provider_missing'
  | 'environment_too_large';

/** A plain `Error` whose message is one line for the person at the terminal, with a stable `code`. */
export type SetupError = Error & { readonly code: SetupCode };

export function setupError(code: SetupCode, message: string, cause?: unknown): SetupError {
  return Object.assign(new Error(message, { cause }), { code, name: 'SetupError' });
}

export function isSetupError(error: unknown): error is SetupError {
  return error instanceof Error && error.name === 'SetupError';
}
