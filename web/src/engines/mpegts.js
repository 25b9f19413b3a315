// FLV and MPEG-TS, over HTTP and WebSocket, by mpegts.js.

import { load } from './load.js';

/** Seconds of what was played that stay in memory. */
const BEHIND = 30;

export async function startMpegts(route, { video, hear }) {
  const mpegts = await load('mpegts');
  mpegts.LoggingControl.enableAll = false;
  const { mseLivePlayback, msePlayback } = mpegts.getFeatureList();
  if (!(route.live ? mseLivePlayback : msePlayback)) {
    hear('unsupported');
    return null;
  }
  const { live, type, url } = route;
  const player = mpegts.createPlayer({ type, url, isLive: live, cors: true }, {
    // What arrives is shown at once; whoever runs dry is helped by `CatchUp`, which aims higher then.
    enableStashBuffer: !live,
    lazyLoad: !live,
    autoCleanupSourceBuffer: true,
    autoCleanupMaxBackwardDuration: 2 * BEHIND,
    autoCleanupMinBackwardDuration: BEHIND,
  });
  let speed = null;
  let media = {};
  player.on(mpegts.Events.MEDIA_INFO, (info) => { media = info; });
  player.on(mpegts.Events.STATISTICS_INFO, (info) => { speed = info.speed; });
  player.on(mpegts.Events.LOADING_COMPLETE, () => live && hear('lost'));
  player.on(mpegts.Events.ERROR, (_, detail, info) => {
    const codec = /codec|MSE/i.test(detail);
    hear(codec ? 'codec' : 'lost', `${info?.msg ?? detail}`);
  });
  player.attachMediaElement(video);
  player.load();
  return {
    facts: () => ({
      videoCodec: media.hasVideo === false ? '' : media.videoCodec,
      audioCodec: media.hasAudio === false ? '' : media.audioCodec,
      rate: media.audioSampleRate,
      channels: media.audioChannelCount,
      bitsPerSecond: speed === null ? undefined : speed * 8192,
    }),
    stop: () => player.destroy(),
  };
}
