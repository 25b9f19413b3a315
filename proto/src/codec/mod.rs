//! What parameter sets and frame headers say: picture size, sample rate, channels, keyframes. Nothing more.
//!
//! Specs: named in each file. Every parser takes any bytes, touches a bounded part of them and answers `None` where
//! they do not say what is asked.
//!
//! - pictures: [`h264`], [`h265`], [`av1`], [`vp8`], [`vp9`]; what H.264 and H.265 share: [`nal`], [`syntax`] (where
//!   access units begin), [`parameters`] (sets → configuration)
//! - sound: [`aac`] (in [`latm`] too), [`opus`], [`flac`], [`ac3`] (and E-AC-3), [`mp3`]; [`length`]: how long a frame of it is,
//!   [`voice`]: its times on its own sample clock

pub mod aac;
pub mod ac3;
pub mod av1;
pub mod flac;
pub mod h264;
pub mod h265;
pub mod latm;
pub mod length;
pub mod mp3;
pub mod nal;
pub mod opus;
pub mod parameters;
pub mod syntax;
#[cfg(test)]
mod tests;
pub mod voice;
pub mod vp8;
pub mod vp9;
mod vui;

/// Width and height of a picture, in pixels.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Size {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// What sound is made of.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Sound {
    /// Samples per second.
    pub sample_rate: u32,
    /// Channels, the low-frequency one included; 0 when not known.
    pub channels: u8,
}
