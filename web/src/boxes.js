// What an MP4 says of its tracks, from its first bytes: the browser's own player does not tell. Pure.
//
// Specs: ISO/IEC 14496-12 §12.1.3, §12.2.3 (sample entries), 14496-15 (avcC, hvcC), 14496-14 (esds).

const hex = (byte) => byte.toString(16).padStart(2, '0');

/** Where these four letters stand, or -1. */
function find(bytes, name, from = 0) {
  const [a, b, c, d] = [...name].map((letter) => letter.charCodeAt(0));
  for (let n = from; n + 3 < bytes.length; n += 1) {
    if (bytes[n] === a && bytes[n + 1] === b && bytes[n + 2] === c && bytes[n + 3] === d) return n;
  }
  return -1;
}

function pictures(bytes) {
  let at = find(bytes, 'avcC');
  if (at > 0) return `avc1.${hex(bytes[at + 5])}${hex(bytes[at + 6])}${hex(bytes[at + 7])}`;
  at = find(bytes, 'hvcC');
  if (at > 0) return `hvc1.${bytes[at + 5] & 31}.0.${bytes[at + 5] & 32 ? 'H' : 'L'}${bytes[at + 16]}`;
  at = find(bytes, 'av1C');
  if (at > 0) return `av01.${bytes[at + 5] >> 5}`;
  at = find(bytes, 'vpcC');
  if (at > 0) return `vp09.${hex(bytes[at + 8])}`;
  return '';
}

/** Audio object type and channels behind an `esds`: the decoder's own description has tag 5 (14496-1 §7.2.6.7). */
function described(bytes, esds) {
  for (let n = esds + 8; n < esds + 60 && n + 6 < bytes.length; n += 1) {
    if (bytes[n] !== 5) continue;
    let m = n + 1;
    while (bytes[m] === 0x80) m += 1;
    if (bytes[m] >= 2 && bytes[m] < 32) return { type: bytes[m + 1] >> 3, channels: (bytes[m + 2] >> 3) & 15 };
  }
  return {};
}

function sound(bytes) {
  const names = { mp4a: 'mp4a.40.2', Opus: 'opus', fLaC: 'flac', 'ac-3': 'ac-3', 'ec-3': 'ec-3', '.mp3': 'mp3' };
  for (const [name, codec] of Object.entries(names)) {
    const at = find(bytes, name);
    if (at < 0 || at + 30 > bytes.length) continue;
    const esds = name === 'mp4a' ? find(bytes, 'esds', at) : -1;
    const { type = 2, channels } = esds > 0 ? described(bytes, esds) : {};
    return {
      audioCodec: name === 'mp4a' ? `mp4a.40.${type}` : codec,
      // Writers of MP4 say two here whatever it is.
      channels: channels || (bytes[at + 20] << 8) | bytes[at + 21],
      rate: (bytes[at + 28] << 8) | bytes[at + 29],
    };
  }
  return { audioCodec: '' };
}

/** `{ videoCodec, audioCodec, channels, rate }` of what begins with these bytes; null while its `moov` is not whole. */
export function factsOf(bytes) {
  const at = find(bytes, 'moov');
  if (at < 4) return null;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(at - 4);
  if (at - 4 + length > bytes.length) return null;
  const moov = bytes.subarray(at - 4, at - 4 + length);
  return { videoCodec: pictures(moov), ...sound(moov) };
}
