/**
 * What the oldest supported browsers lack and a dependency calls: `replaceAll` came with Chrome 85 and
 * iOS 13.4. Strings only, which is all that Svelte's templates need.
 */
if (typeof String.prototype.replaceAll !== 'function') {
  Object.defineProperty(String.prototype, 'replaceAll', {
    configurable: true,
    writable: true,
    value: function replaceAll(this: string, search: string, replacement: string): string {
      return this.split(search).join(replacement);
    },
  });
}
