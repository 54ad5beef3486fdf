/** tfjs-node 4.22 calls two functions of `node:util` that Node 23 dropped; source text, to run in other processes too. */
export const nodePolyfills = `
  const util = require('node:util');
  util.isNullOrUndefined ??= (value) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
`;
