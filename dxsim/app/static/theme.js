// The colours of the page, light or dark, as the style sheet gives them.

export const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
