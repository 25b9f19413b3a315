#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| rtmpd_vectors::fuzz::rtsp_publisher(data));
