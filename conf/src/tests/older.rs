//! Files as users of older servers have them go through without an error.

use std::path::Path;

use crate::settings::RecMode;

const OLDER: &str = r#"<?xml version="1.0" encoding="utf-8" standalone="yes"?>
<config>
  <elapse>false</elapse>
  <authurl timeout="3000" router=""></authurl>
  <rtp min="30000" max="60000" que="20000"/>
  <nat><rtmp>61.180.166.16:1935</rtmp><rtsp/><http/><https/><srt/><rtp>61.180.166.16</rtp></nat>
  <sock><recvbuffer>4096</recvbuffer><sendbuffer>4096</sendbuffer></sock>
  <ssl><serverca/><serverkey>server.key</serverkey><servercert>server.crt</servercert>
       <clientca/><clientkey/><clientcert/></ssl>
  <rtmp><ip/><port>1935</port><ssl>false</ssl><gop_cache/><chunk_size>8192</chunk_size>
        <has_rtsp>true</has_rtsp><max_idle>10</max_idle></rtmp>
  <rtsp><port>554</port><enable>true</enable><ssl>false</ssl></rtsp>
  <http><ip/><port>8080</port><sport>8181</sport><ssl>true</ssl><enable>true</enable>
        <io_shrink>32</io_shrink><hls_count>3</hls_count><hls_duration>5</hls_duration><hls_cache>6</hls_cache>
        <dash_duration>6</dash_duration><dash_cache>12</dash_cache><rec_mode>1</rec_mode><rec_period>3</rec_period></http>
  <srt><port>9000</port><enable>true</enable><has_rtmp>true</has_rtmp></srt>
  <sip><port>5060</port><enable>false</enable></sip>
  <vhosts><vhost name=""><forward rewrite=""></forward></vhost></vhosts>
</config>
"#;

#[test]
fn an_older_file_is_taken_with_a_few_warnings() {
    let parsed = crate::parse("config.xml", OLDER.as_bytes()).expect("nothing in it is wrong");
    let settings = parsed.settings;
    assert_eq!((settings.rtsp.port, settings.global.rtp.max, settings.global.elapse_ms), (554, 60_000, 10));
    assert_eq!(settings.ssl.server_key.as_deref(), Some(Path::new("server.key")));
    assert_eq!((settings.http.ssl, settings.http.rec.mode), (true, RecMode::Dash));
    let warnings: Vec<_> = parsed.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "config.xml:3:11: <elapse> is 'false', which is its older meaning; taken as 10 (ms)",
            "config.xml:15:78: <http><rec_mode> is '1', taken as dash; write the word",
            "config.xml:17:3: <sip> is not known here and is passed over",
        ]
    );
}
