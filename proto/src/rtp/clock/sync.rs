//! One common time for all tracks of a session, whatever their clocks.
//!
//! Specs: RFC 3550 §6.4.1 (sender reports), RFC 2326 §12.33 (RTP-Info).
//!
//! A track begins where arrival puts it, unless sender reports or RTP-Info already tell better. From then on its own
//! clock carries it. Sender reports say how the tracks' clocks relate; one of them, sound if there is any, keeps its
//! own pace, and the others follow it: small differences are worn off slowly, a large one is stepped over once. A step
//! never goes back: the other tracks go ahead instead. Where reports are missing or not to be believed, arrival
//! alone tells, and only if the delays of the tracks drift apart far enough, they are brought together again.

use rtmpd_core::Instant;

use super::super::Sent;
use super::super::rtcp::ntp_micros;
use super::track::{State, Track};

/// Where common time begins, in µs: decoding times may be a little before the first presentation.
const BEGIN_US: i64 = 1_000_000;
/// What sender reports and arrival may differ by, in µs: encoders have been seen to hold video back for three seconds.
/// Where they differ by more, reports are wrong: of clocks that were never set, or that differ from track to track.
const MAX_OFF_US: i64 = 10_000_000;
/// A larger difference is stepped over, in µs.
const STEP_US: i64 = 300_000;
/// A smaller one is not worth correcting, in µs; once it is worked on, it goes down to [`DONE_US`].
const START_US: i64 = 10_000;
const DONE_US: i64 = 1_000;
/// The same where only arrival tells.
const START_BY_ARRIVAL_US: i64 = 100_000;
/// How fast a track's time is corrected: 10 ms per second.
const SLEW_PARTS: i64 = 100;
/// One report may be wrong; what is corrected while frames flow was told twice.
const REPORTS: i64 = 2;
/// Windows of arrival that make it worth looking at.
const WINDOWS: i64 = 6;
/// Reports of each track that must agree when the clock of one was set: the others' reports tell of that later.
const DISTRUST: u32 = 4;
/// A jump of one track explains another's that comes no later than this, in µs.
const SAME_JUMP_US: i64 = 30_000_000;
/// It explains it if it puts it this near to where arrival does, in µs.
const LIKE_US: i64 = 1_000_000;

/// The clock of a track's RTP timestamps.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct TrackClock {
    /// Ticks per second.
    pub rate: u32,
    /// Its time is never stretched; the others follow it. True for sound.
    pub steady: bool,
}

/// See the module's text.
#[derive(Debug)]
pub struct Sync {
    tracks: Vec<Track>,
    /// The last jump: when, and what it changed the offset by, in µs.
    jump: Option<(Instant, i64)>,
    /// By track: which one it follows by arrival, and what its offset was beyond what arrival said when that began, in µs.
    drifts: Vec<Option<(usize, i64)>>,
}

/// Where a track should be.
struct Goal {
    offset_us: i64,
    /// What is not worth correcting.
    start_us: i64,
}

impl Sync {
    /// For a session with these tracks, which are numbered in this order.
    pub fn new(tracks: &[TrackClock]) -> Self {
        let drifts = vec![None; tracks.len()];
        let tracks = tracks.iter().map(|clock| Track::new(clock.rate, clock.steady)).collect();
        Self { tracks, jump: None, drifts }
    }

    /// The presentation time of a frame that came in at `now`, with its unwrapped timestamp: in ticks of the track's own
    /// clock, on the time that is common to all tracks, which begins about one second after zero. In decoding order,
    /// frames keep the distances that their sender gave them, but for the corrections: at most 10 ms per second, and
    /// steps ahead.
    pub fn place(&mut self, now: Instant, track: usize, timestamp: i64) -> i64 {
        let Some(time_us) = self.tracks.get(track).map(|track| track.micros(timestamp)) else {
            return timestamp;
        };
        match self.tracks.get(track).and_then(|track| track.state) {
            None => self.begin(now, track, time_us),
            Some(state) if state.is_jump(now, time_us) => self.rebase(now, track, time_us),
            Some(_) => self.correct(now, track, time_us),
        }
        let changed = self.tracks.get_mut(track).is_some_and(|track| track.watch(now, time_us));
        if changed {
            self.drifts.fill(None);
        }
        let offset = |track: &Track| track.ticks(track.state.map_or(0, |state| state.offset_us));
        self.tracks.get(track).map_or(timestamp, |track| timestamp.saturating_add(offset(track)))
    }

    /// A sender report that came in at `now`: of the very source whose packets are this track's, see
    /// [`Receiver::poll_sender_report`](super::super::Receiver::poll_sender_report).
    pub fn sender_report(&mut self, now: Instant, track: usize, sent: &Sent) {
        // Senders without a wall clock say zero (RFC 3550 §6.4.1); cameras whose clock was not set yet say so too.
        let Some(track) = self.tracks.get_mut(track).filter(|_| sent.ntp >> 32 != 0) else { return };
        // There are cameras that say the same in each report; once is enough.
        if track.last_report.replace((sent.ntp, sent.timestamp)) == Some((sent.ntp, sent.timestamp)) {
            return;
        }
        track.distrust = track.distrust.saturating_sub(1);
        let time_us = track.micros(sent.timestamp);
        if track.sender.observe(now, ntp_micros(sent.ntp), time_us) {
            // A camera's wall clock was set. Other tracks have the same clock, but their reports are yet to come.
            self.tracks.iter_mut().for_each(|track| track.distrust = DISTRUST);
        }
    }

    /// What the answer to PLAY says of a track: the timestamp at a moment that is the same for all tracks. Of use only
    /// where sender reports do not tell better.
    pub fn rtp_info(&mut self, now: Instant, track: usize, rtptime: u32) {
        if let Some(told) = self.tracks.get_mut(track) {
            told.info = Some(rtptime);
        }
        let Some(state) = self.state(track) else { return };
        if self.by_reports(now, track, REPORTS).is_none()
            && let Some(offset_us) = self.by_info(track, state.highest_us)
            && offset_us.saturating_sub(state.offset_us).saturating_abs() <= MAX_OFF_US
        {
            self.move_to(track, offset_us, state.highest_us, state.end_us());
            self.told(track);
        }
    }

    fn begin(&mut self, now: Instant, track: usize, time_us: i64) {
        let latest = self.tracks.iter().filter_map(|track| track.state).max_by_key(|state| state.last_at);
        let arrival = latest.map_or(BEGIN_US, |state| state.now_us(now)).saturating_sub(time_us);
        let told = self.by_reports(now, track, 1).or_else(|| self.by_info(track, time_us));
        let told = told.filter(|told| told.saturating_sub(arrival).saturating_abs() <= MAX_OFF_US);
        if let Some(begun) = self.tracks.get_mut(track) {
            begun.state = Some(State::new(now, arrival, time_us, told.is_some()));
        }
        self.move_to(track, told.unwrap_or(arrival), time_us, 0);
    }

    /// The track's timestamps have jumped: its source has begun anew, or plays a file from its beginning again. Time goes
    /// on as the frames do; where another track has jumped just before, as far as that one went.
    fn rebase(&mut self, now: Instant, track: usize, time_us: i64) {
        let Some(state) = self.state(track) else { return };
        let arrival = state.now_us(now).saturating_sub(time_us);
        let same =
            self.jump.filter(|(at, _)| now.since(*at).as_micros() <= SAME_JUMP_US.unsigned_abs().into());
        let like = same.map(|(_, by)| state.offset_us.saturating_add(by));
        let like = like.filter(|like| like.saturating_sub(arrival).saturating_abs() <= LIKE_US);
        let offset_us = like.unwrap_or(arrival);
        if like.is_none() {
            self.jump = Some((now, offset_us.saturating_sub(state.offset_us)));
        }
        if let Some(moved) = self.tracks.get_mut(track) {
            moved.forget();
            moved.state = Some(State::new(now, offset_us, time_us, state.told));
        }
        self.move_to(track, offset_us, time_us, state.end_us());
    }

    /// Brings a track nearer to where it should be.
    fn correct(&mut self, now: Instant, track: usize, time_us: i64) {
        let goal = self.goal(now, track);
        let Some(state) = self.tracks.get_mut(track).and_then(|track| track.state.as_mut()) else { return };
        let progress = state.advance(now, time_us);
        let (highest_us, end_us) = (state.highest_us, state.end_us());
        let Some(goal) = goal else { return };
        let error = goal.offset_us.saturating_sub(state.offset_us);
        let size = error.saturating_abs();
        state.moving = size <= MAX_OFF_US && (size > goal.start_us || state.moving && size > DONE_US);
        if !state.moving {
            return;
        }
        if size > STEP_US {
            state.moving = false;
            return self.move_to(track, goal.offset_us, highest_us, end_us);
        }
        let most = progress / SLEW_PARTS;
        state.offset_us = state.offset_us.saturating_add(error.clamp(-most, most));
    }

    /// Gives a track an offset. If that puts `time_us` of it before `floor_us`, all tracks go ahead, so that none goes
    /// back and their relations stay.
    fn move_to(&mut self, track: usize, offset_us: i64, time_us: i64, floor_us: i64) {
        if let Some(state) = self.tracks.get_mut(track).and_then(|track| track.state.as_mut()) {
            state.offset_us = offset_us;
        }
        self.drifts.fill(None);
        let ahead = floor_us.saturating_sub(time_us.saturating_add(offset_us)).max(0);
        for state in self.tracks.iter_mut().filter_map(|track| track.state.as_mut()) {
            state.offset_us = state.offset_us.saturating_add(ahead);
        }
    }

    fn goal(&mut self, now: Instant, track: usize) -> Option<Goal> {
        if let Some(offset_us) = self.by_reports(now, track, REPORTS) {
            self.told(track);
            // Drift by arrival will be counted from where reports end.
            if let Some(drift) = self.drifts.get_mut(track) {
                *drift = None;
            }
            return Some(Goal { offset_us, start_us: START_US });
        }
        let offset_us = self.by_arrival(now, track)?;
        Some(Goal { offset_us, start_us: START_BY_ARRIVAL_US })
    }

    /// The offset that sender reports tell, if they were heard `reports` times of this track and of the one it follows.
    fn by_reports(&self, now: Instant, track: usize, reports: i64) -> Option<i64> {
        let zero = |track: &Track| track.sender.zero_us(now, reports).filter(|_| track.distrust == 0);
        let (leader, offset_us) = self.leader(track, |track| zero(track).is_some())?;
        let own = zero(self.tracks.get(track)?)?;
        Some(offset_us.saturating_add(own).saturating_sub(zero(self.tracks.get(leader)?)?))
    }

    /// The offset that RTP-Info tells.
    fn by_info(&self, track: usize, time_us: i64) -> Option<i64> {
        let (leader, offset_us) = self.leader(track, |track| track.info.is_some())?;
        let own = self.tracks.get(track)?.info_us(time_us)?;
        let leader = self.tracks.get(leader)?;
        let other = leader.info_us(leader.state?.highest_us)?;
        Some(offset_us.saturating_add(other).saturating_sub(own))
    }

    /// The offset that lets this track and the one it follows be under way as long as each other, where nothing better
    /// was ever told: the first frame alone is a bad witness, be it a large picture or the first of twenty frames of
    /// sound in a packet. Later on the offset that lets them differ as they did: video takes longer to make than sound,
    /// but they must not drift apart for days.
    fn by_arrival(&mut self, now: Instant, track: usize) -> Option<i64> {
        let (leader, leads_us) = self.leader(track, |track| track.arrival.zero_us(now, WINDOWS).is_some())?;
        let zero = |track: usize| self.tracks.get(track)?.arrival.zero_us(now, WINDOWS);
        let apart_us = leads_us.saturating_add(zero(track)?).saturating_sub(zero(leader)?);
        let state = self.state(track)?;
        let differ_us = if state.told { state.offset_us.saturating_sub(apart_us) } else { 0 };
        self.told(track);
        let drift = self.drifts.get_mut(track)?;
        let begun = drift.filter(|(followed, _)| *followed == leader);
        let (_, base_us) = *drift.insert(begun.unwrap_or((leader, differ_us)));
        Some(apart_us.saturating_add(base_us))
    }

    fn told(&mut self, track: usize) {
        if let Some(state) = self.tracks.get_mut(track).and_then(|track| track.state.as_mut()) {
            state.told = true;
        }
    }

    /// The track that `track` follows, of those that will do, and its offset: the first that is steady, or the first.
    fn leader(&self, track: usize, will_do: impl Fn(&Track) -> bool) -> Option<(usize, i64)> {
        let begun =
            || self.tracks.iter().enumerate().filter(|(_, track)| track.state.is_some() && will_do(track));
        let (leader, found) = begun().find(|(_, track)| track.steady).or_else(|| begun().next())?;
        (leader != track).then_some((leader, found.state?.offset_us))
    }

    fn state(&self, track: usize) -> Option<State> {
        self.tracks.get(track)?.state
    }
}
