import { expect, test } from 'vitest';
import { qrDrawing } from './qr';

test('shapes are taken, nothing else', () => {
  const svg =
    '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="200" viewBox="0 0 29 29" onload="x()">' +
    '<rect x="0" y="0" width="29" height="29" fill="#fff"/><script>x()</script>' +
    '<path fill="#000" d="M4 4h1V5H4V4M6 4h1v1H6z"/></svg>';
  expect(qrDrawing(svg)).toEqual({ box: '0 0 29 29', path: 'M4 4h1V5H4V4M6 4h1v1H6z' });
});

test('a text without a code is none', () => {
  expect(qrDrawing('<svg viewBox="0 0 29 29"></svg>')).toBeNull();
  expect(qrDrawing('<path d="M4 4h1"/>')).toBeNull();
  expect(qrDrawing('<svg viewBox="0 0 9 9"><path d="url(x)"/></svg>')).toBeNull();
});
