/** The drawing of a QR code, taken out of the server's SVG: shapes only, so that nothing else of it gets into the page. */
export interface QrDrawing {
  /** The `viewBox`: four numbers. */
  box: string;
  /** Path data: letters of the path language and numbers. */
  path: string;
}

const BOX = /\bviewBox="(-?\d+(?:\.\d+)? -?\d+(?:\.\d+)? \d+(?:\.\d+)? \d+(?:\.\d+)?)"/;
const PATH = /<path\b[^>]*?\sd="([MmHhVvLlZz0-9\s.,-]+)"/g;

/** The drawing, or null where the text holds none. */
export function qrDrawing(svg: string): QrDrawing | null {
  const box = BOX.exec(svg)?.[1];
  const paths = [...svg.matchAll(PATH)].map((match) => match[1]);
  return box === undefined || paths.length === 0 ? null : { box, path: paths.join(' ') };
}
