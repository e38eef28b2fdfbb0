// The recording: samples decoded from FLAC, and which of them are looked at.
'use strict';

const data = readJson('data');
const sampleRate = data.sample_rate;
const sound = {
  n: data.n_samples,
  channels: [],           // Float32Array each
  buffer: null,           // for playing; its rate is the label's
  mixed: null,
};

// The samples are FLAC of 24 bits, which browsers decode exactly. The file may be labelled with another rate than the
// recording's, which browsers could not take: its context has the same, so that nothing is resampled.
async function decodeSound() {
  const block = byId('sound'), bytes = readBase64(block.textContent);
  block.remove();
  const context = new OfflineAudioContext(data.n_channels, 1, data.label_rate);
  sound.buffer = await context.decodeAudioData(bytes.buffer);
  sound.n = sound.buffer.length;
  for (let channel = 0; channel < sound.buffer.numberOfChannels; channel++) {
    const samples = sound.buffer.getChannelData(channel);
    // A power of two, if the recording goes beyond full scale.
    sound.channels.push(data.gain === 1 ? samples : samples.map(value => value * data.gain));
  }
}

// The samples of the channel that is shown: its number, or "mix" for the mean, formed in float64 and rounded once.
function shownSamples() {
  if (view.channel !== 'mix') return sound.channels[Number(view.channel)];
  if (sound.channels.length === 1) return sound.channels[0];
  sound.mixed ??= Float32Array.from({length: sound.n}, (_, i) => {
    let sum = 0;
    for (const channel of sound.channels) sum += channel[i];
    return sum / sound.channels.length;
  });
  return sound.mixed;
}

// The lowest and highest sample of each of n equal parts: exact, so that no click is missed.
function envelope(samples, n) {
  const extremes = new Float32Array(2 * n);
  for (let part = 0; part < n; part++) {
    const from = Math.floor(part * samples.length / n), to = Math.max(from + 1, Math.floor((part + 1) * samples.length / n));
    let low = samples[from], high = low;
    for (let i = from + 1; i < to; i++) {
      const value = samples[i];
      if (value < low) low = value;
      else if (value > high) high = value;
    }
    extremes[2 * part] = low;
    extremes[2 * part + 1] = high;
  }
  return extremes;
}
