// A byte-level BPE trainer, small because the vocabulary is: a few hundred tokens, a few thousand words.

// Qwen's pre-tokenizer, as in its tokenizer.json, and as JavaScript before regular-expression modifiers reads it.
export const qwenPattern =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const pattern =
  /'(?:[sS]|[tT]|[rR][eE]|[vV][eE]|[mM]|[lL][lL]|[dD])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+/gu;

/** The printable character that stands for each byte, in the order in which GPT-2 and Qwen number the bytes. */
export function byteCharacters() {
  const printable = [];
  for (const [from, to] of [
    [33, 126],
    [161, 172],
    [174, 255],
  ]) {
    for (let byte = from; byte <= to; byte++) printable.push(byte);
  }
  const characters = new Map(printable.map((byte) => [byte, String.fromCharCode(byte)]));
  let next = 256;
  for (let byte = 0; byte < 256; byte++) {
    if (!characters.has(byte)) characters.set(byte, String.fromCharCode(next++));
  }
  return characters;
}

/**
 * Learns merges: each time the pair that occurs most often becomes one token; of equal counts the first
 * in alphabetical order, so that the result depends on the texts alone.
 *
 * @param {Map<string, number>} weighted texts with their weights.
 * @param {number} merges how many to learn; fewer when every word is one token.
 * @returns {{ vocabulary: string[], merges: [string, string][] }} in the order of their ids.
 */
export function trainBpe(weighted, merges) {
  const characters = byteCharacters();
  const encoder = new TextEncoder();
  const words = new Map();
  for (const [text, weight] of weighted) {
    for (const [piece] of text.normalize('NFC').matchAll(pattern)) {
      const known = words.get(piece);
      if (known) known.weight += weight;
      else
        words.set(piece, { weight, tokens: [...encoder.encode(piece)].map((byte) => characters.get(byte)) });
    }
  }
  const learned = [];
  while (learned.length < merges) {
    const counts = new Map();
    for (const { weight, tokens } of words.values()) {
      for (let i = 1; i < tokens.length; i++) {
        const pair = `${tokens[i - 1]} ${tokens[i]}`;
        counts.set(pair, (counts.get(pair) ?? 0) + weight);
      }
    }
    let best;
    for (const [pair, count] of counts) {
      if (!best || count > best.count || (count === best.count && pair < best.pair)) best = { pair, count };
    }
    if (!best) break;
    const [left, right] = best.pair.split(' ');
    learned.push([left, right]);
    for (const word of words.values()) {
      for (let i = 1; i < word.tokens.length; i++) {
        if (word.tokens[i - 1] === left && word.tokens[i] === right)
          word.tokens.splice(i - 1, 2, left + right);
      }
    }
  }
  const vocabulary = [...characters.values(), ...new Set(learned.map(([left, right]) => left + right))];
  return { vocabulary, merges: learned };
}
