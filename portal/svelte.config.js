/** No preprocessing: markup and typed script only. Styles are plain files in `src/styles`. */
export default {
  compilerOptions: { runes: true },
};
