// Hands the device that was just made to the scanner; the token is in no address.

import { changeDevice } from "./store.js";

const { token, device, name, gate } = JSON.parse(document.querySelector("#door-enrolled").textContent);
await changeDevice({ token, uid: device, name, gate });
location.replace("/door/#ready");
