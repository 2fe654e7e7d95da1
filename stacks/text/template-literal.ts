/** Owns the escape of text that Terraform must not read as a template. Knows no resource. */

/**
 * `text` as Terraform gives it back unchanged: `${` and `%{` would open a template.
 * @see https://developer.hashicorp.com/terraform/language/expressions/strings#escape-sequences-1
 */
export function templateLiteral(text: string): string {
  return text.replace(/[$%]\{/g, (opening) => `${opening.charAt(0)}${opening}`);
}
