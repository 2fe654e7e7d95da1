/** The language of the texts in this folder, for the `lang` attribute. */
export const language = 'en';
