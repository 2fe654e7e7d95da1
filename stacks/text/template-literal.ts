/** Escapes text that Terraform must not read as a template. */

/**
 * `text` in the form that Terraform returns unchanged: `${` and `%{` would start a template.
 * @see https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences-1
 */
export function templateLiteral(text: string): string {
  return text.replace(/[$%]\{/g, (opening) => `${opening.charAt(0)}${opening}`);
}
