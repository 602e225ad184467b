declare module '*.ftl' {
  const strings: import('./i18n/i18n.svelte').Strings;
  export default strings;
}

declare module '*.txt?raw' {
  const text: string;
  export default text;
}
