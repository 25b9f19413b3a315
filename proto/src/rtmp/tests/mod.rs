//! RTMP tests.
