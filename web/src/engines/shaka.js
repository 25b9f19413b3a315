// DASH by Shaka Player's DASH-only build: half of dash.js in bytes, one package without dependencies, Apache 2.0.

import { load } from './load.js';

/** `shaka.util.Error.Code`s that say that nothing here can decode it. */
const CODEC = new Set([4032, 3014, 3015, 3016, 4036]);

export async function startShaka({ url, live }, { video, hear }) {
  const shaka = await load('shaka');
  shaka.polyfill.installAll();
  if (!shaka.Player.isBrowserSupported()) {
    hear('unsupported');
    return null;
  }
  const player = new shaka.Player();
  const failed = (error) => {
    const status = error.code === 1001 ? ` (HTTP ${error.data?.[1]})` : '';
    hear(CODEC.has(error.code) ? 'codec' : 'lost', `Shaka ${error.code}${status}`);
  };
  player.addEventListener('error', (event) => event.detail.severity === shaka.util.Error.Severity.CRITICAL && failed(event.detail));
  player.configure({
    streaming: { lowLatencyMode: true, bufferBehind: 30, liveSync: { enabled: live, maxPlaybackRate: 1.15, minPlaybackRate: 0.96 } },
  });
  let stopped = false;
  await player.attach(video);
  player.load(url).catch((error) => stopped || failed(error));
  return {
    facts: () => {
      const stats = player.getStats();
      const track = player.getVariantTracks().find(({ active }) => active) ?? {};
      return {
        videoCodec: track.videoCodec ?? (track.audioCodec ? '' : undefined),
        audioCodec: track.audioCodec ?? (track.videoCodec ? '' : undefined),
        rate: track.audioSamplingRate,
        channels: track.channelsCount,
        latency: player.isLive() && stats.liveLatency > 0 ? stats.liveLatency : undefined,
        bytes: stats.bytesDownloaded,
        paced: true,
      };
    },
    edge: () => player.goToLive(),
    stop: () => {
      stopped = true;
      return player.destroy();
    },
  };
}
