/** Writes the next service day into the guide. */
const response = await fetch('/docs/service.json');
const { nextServiceDay } = await response.json();
const day = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'full', timeZone: 'UTC' });
document.querySelector('[data-from-json]').textContent = day.format(new Date(nextServiceDay));
