// The few rules of the protocol-buffer wire format that a graph needs.

/** A field that holds bytes, text or another message. */
export function bytesField(field: number, value: Uint8Array | string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes]);
}

/** A field that holds a whole number or a truth value. */
export function numberField(field: number, value: number | boolean): Buffer {
  return Buffer.concat([varint(field << 3), varint(Number(value))]);
}

/** Seven bits a byte, the lowest first; numbers below zero as 64 bits in two's complement. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
