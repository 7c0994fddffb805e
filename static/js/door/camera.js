// Codes from the camera: by the browser's own BarcodeDetector, else by zxing, which is loaded only then.

const PAUSE = 120; // ms between two looks
const SAME = 3000; // ms for which the same code counts as still the same one
const WIDEST = 960; // pixels that are looked at by zxing

let decoder;

/** A function from a video to the text of a QR code in it, or "". */
function makeDecoder(files) {
  decoder ??= ownDecoder().then((own) => own ?? zxingDecoder(files));
  return decoder;
}

async function ownDecoder() {
  const formats = "BarcodeDetector" in window ? await BarcodeDetector.getSupportedFormats() : [];
  if (!formats.includes("qr_code")) return null;
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  return async (video) => (await detector.detect(video))[0]?.rawValue ?? "";
}

async function zxingDecoder({ zxing, wasm }) {
  await loadScript(zxing);
  ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => wasm } });
  const canvas = document.createElement("canvas");
  const pencil = canvas.getContext("2d", { willReadFrequently: true });
  return async (video) => {
    const scale = Math.min(1, WIDEST / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    pencil.drawImage(video, 0, 0, canvas.width, canvas.height);
    const picture = pencil.getImageData(0, 0, canvas.width, canvas.height);
    const found = await ZXingWASM.readBarcodes(picture, { formats: ["QRCode"], maxNumberOfSymbols: 1 });
    return found[0]?.text ?? "";
  };
}

function loadScript(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = resolve;
    script.onerror = () => reject(new Error(`no ${address}`));
    document.head.append(script);
  });
}

export class Camera {
  #stream = null;
  #seen = { text: "", at: 0 };
  #run = 0;

  constructor({ videos, files, onCode }) {
    Object.assign(this, { videos, files, onCode });
  }

  get isOn() {
    return this.#stream !== null;
  }

  /** Asks for the camera and looks until `stop`. Throws what getUserMedia throws (NotAllowedError, NotFoundError). */
  async start() {
    if (this.isOn) return;
    const run = ++this.#run;
    const wanted = { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } };
    if (!navigator.mediaDevices) throw new DOMException("", "NotSupportedError");
    const stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
    if (run !== this.#run) return void stream.getTracks().forEach((track) => track.stop());
    this.#stream = stream;
    for (const video of this.videos) {
      video.srcObject = stream;
      video.play().catch(() => {}); // it plays as soon as it is shown
    }
    this.#look(await makeDecoder(this.files), run);
  }

  stop() {
    this.#run++;
    this.#stream?.getTracks().forEach((track) => track.stop());
    this.#stream = null;
    for (const video of this.videos) video.srcObject = null;
  }

  /** Whether the camera has a light that can be switched. */
  get hasTorch() {
    return Boolean(this.#track?.getCapabilities?.().torch);
  }

  async light(isOn) {
    await this.#track.applyConstraints({ advanced: [{ torch: isOn }] });
  }

  get #track() {
    return this.#stream?.getVideoTracks()[0];
  }

  async #look(decode, run) {
    while (run === this.#run) {
      const video = this.videos.find((one) => one.offsetParent !== null) ?? this.videos[0];
      const text = video.videoWidth ? await decode(video).catch(() => "") : "";
      if (text && run === this.#run) this.#tell(text);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }

  /** A code that stays before the camera is one scan; away for three seconds, it is another one. */
  #tell(text) {
    const now = performance.now();
    const isSame = text === this.#seen.text && now - this.#seen.at < SAME;
    this.#seen = { text, at: now };
    if (!isSame) this.onCode(text);
  }
}
