/** Formats times for the API's answers and its log. @see https://www.rfc-editor.org/rfc/rfc3339 */

export const rfc3339 = (seconds: number): string => new Date(seconds * 1000).toISOString();
