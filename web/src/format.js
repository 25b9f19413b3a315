// Numbers and names as people read them. Pure.

/** `1234567` bits per second → `1.23 Mb/s` */
export function bitrate(bps) {
  if (!(bps >= 0)) return '–';
  if (bps >= 1e6) return `${(bps / 1e6).toFixed(bps >= 1e7 ? 1 : 2)} Mb/s`;
  return `${Math.round(bps / 1e3)} kb/s`;
}

/** `1.234` → `1.23 s`, `0.034` → `34 ms` */
export function seconds(value) {
  if (!(value >= 0)) return '–';
  if (value < 0.1) return `${Math.round(value * 1000)} ms`;
  return `${value.toFixed(value < 10 ? 2 : 1)} s`;
}

/** `3725` → `1:02:05` */
export function clockTime(value) {
  if (!Number.isFinite(value) || value < 0) return '0:00';
  const [h, m, s] = [Math.floor(value / 3600), Math.floor(value / 60) % 60, Math.floor(value) % 60];
  const two = (n) => String(n).padStart(2, '0');
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `24.98` → `25`, `29.97` → `29.97`: near a whole number it is one. */
export function fps(value) {
  if (!(value > 0)) return '–';
  const whole = Math.round(value);
  return Math.abs(value - whole) < 0.35 ? String(whole) : value.toFixed(1);
}

const H264 = { 66: 'Baseline', 77: 'Main', 88: 'Extended', 100: 'High', 110: 'High 10', 122: 'High 4:2:2', 244: 'High 4:4:4' };
const H265 = { 1: 'Main', 2: 'Main 10', 3: 'Main Still', 4: 'RExt' };
const AAC = { 2: 'AAC-LC', 5: 'HE-AAC', 29: 'HE-AAC v2', 34: 'MP3', 42: 'xHE-AAC' };

/** A codec string of RFC 6381 in words: `avc1.64001f` → `['H.264', 'High 3.1']`. */
export function codec(text) {
  if (!text) return ['–', ''];
  const parts = text.trim().split('.');
  switch (parts[0].toLowerCase()) {
    case 'avc1':
    case 'avc3': {
      const profile = Number.parseInt(parts[1]?.slice(0, 2), 16);
      const level = Number.parseInt(parts[1]?.slice(4, 6), 16);
      const words = [H264[profile], level > 0 && (level / 10).toFixed(1)];
      return ['H.264', words.filter(Boolean).join(' ')];
    }
    case 'hvc1':
    case 'hev1': {
      const level = Number(/^[LH](\d+)/.exec(parts[3] ?? '')?.[1]);
      const words = [H265[Number((parts[1] ?? '').replace(/^[ABC]/, ''))], level > 0 && (level / 30).toFixed(1)];
      return ['H.265', words.filter(Boolean).join(' ')];
    }
    case 'av01':
      return ['AV1', ['Main', 'High', 'Professional'][Number(parts[1])] ?? ''];
    case 'vp09':
      return ['VP9', parts[1] === undefined ? '' : `profile ${Number(parts[1])}`];
    case 'vp8':
    case 'vp08':
      return ['VP8', ''];
    case 'mp4a':
      if (/^(69|6b)$/i.test(parts[1] ?? '')) return ['MP3', ''];
      return [AAC[Number(parts[2])] ?? 'AAC', ''];
    default:
      return [{ opus: 'Opus', mp3: 'MP3', flac: 'FLAC', 'ac-3': 'AC-3', 'ec-3': 'E-AC-3', alac: 'ALAC' }[parts[0].toLowerCase()] ?? text, ''];
  }
}

/** `44100, 2` → `44.1 kHz · stereo`; `words`: for one and two channels. */
export function sound(rate, channels, words) {
  const parts = [];
  if (rate > 0) parts.push(`${+(rate / 1000).toFixed(2)} kHz`);
  if (channels > 0) parts.push(words[channels] ?? `${channels} ch`);
  return parts.join(' · ');
}
