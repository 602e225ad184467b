/** Makes print the `.printable` parts of the page alone, until the returned function is called. */
export function printsOnly(): () => void {
  document.documentElement.classList.add('printing');
  return () => document.documentElement.classList.remove('printing');
}
