/// <reference types="vite/client" />

/** The address of a file under gzip; see `packed-files.ts`. */
declare module '*?packed' {
  const url: string;
  export default url;
}
