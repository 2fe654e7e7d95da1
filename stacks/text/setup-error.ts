/** Errors that the operator can fix: what is wrong, in which file or field, and the command to fix it. */
import { visible } from '../../contract/visible-text.ts';

/** Why a site cannot be synthesized yet. */
export type SetupCode =
  | 'config_wrong'
  | 'client_id_missing'
  | 'keys_missing'
  | 'keys_broken'
  | 'private_keys_missing'
  | 'build_missing'
  | 'content_missing'
  | 'content_changed'
  | 'content_link'
  | 'content_name'
  | 'content_secret'
  | 'page_missing'
  | 'content_elsewhere'
  | 'provider_missing'
  | 'environment_too_large';

/** A plain `Error` with a message for the person at the terminal, one line per problem, and a stable `code`. */
export type SetupError = Error & { readonly code: SetupCode };

/** `message`: one line, or one per problem. File names and values in it cannot control the terminal. */
export function setupError(code: SetupCode, message: string | readonly string[], cause?: unknown): SetupError {
  const lines = [message].flat().map(visible);
  return Object.assign(new Error(lines.join('\n'), { cause }), { code, name: 'SetupError' });
}

export function isSetupError(error: unknown): error is SetupError {
  return error instanceof Error && error.name === 'SetupError';
}
