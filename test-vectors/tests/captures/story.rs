//! What must be the same however the bytes of a case are cut.
//!
//! RTMP and HTTP know no time: there it is everything. RTSP and SRT do: reports of RTP tell times, the first times of
//! tracks that are not in step yet are those of their arrival, and SRT measures round trips.

use rtmpd_core::replay::{Cutting, Line, Transcript, Voice};

/// The story of a transcript, for comparison with another one of the same cutting or as captured.
pub(crate) fn of(transcript: &Transcript, cutting: Cutting) -> String {
    let timed: Vec<usize> = transcript.lines.iter().filter_map(timed).collect();
    let mut kept = Transcript::default();
    for line in &transcript.lines {
        let text = match line.conn {
            Some(conn) if !timed.contains(&conn) => Some(line.text.clone()),
            Some(_) => without_time(line, cutting),
            // About UDP sockets, and what is sent there is of RTP and SRT.
            None => None,
        };
        kept.lines.extend(text.map(|text| Line { text, ..line.clone() }));
    }
    kept.without_times()
}

/// The connection that this line opens, of a protocol that knows time.
fn timed(line: &Line) -> Option<usize> {
    let protocol = line.text.strip_prefix("Open ")?.split(' ').next()?;
    line.conn.filter(|_| ["rtsp", "srt"].contains(&protocol))
}

fn without_time(line: &Line, cutting: Cutting) -> Option<String> {
    // What was sent; and what goes through a tunnel in pieces is heard at its other end.
    if line.voice == Voice::Shard || line.text.starts_with("Hand ") {
        return None;
    }
    // "SRT: … round trip 0 ms"
    if line.text.starts_with("Note ") && line.text.contains("round trip") {
        return None;
    }
    // Bytes that come one by one come at their times.
    let is_early = cutting == Cutting::AllAtOnce && line.text.starts_with("Frame ");
    let words = line.text.split(' ').filter(|word| !(is_early && word.starts_with("dts=")));
    Some(words.collect::<Vec<_>>().join(" "))
}
