import type { SessionDevice } from "@parley/client";
import { useEffect, useState } from "preact/hooks";
import { useSession } from "../session.ts";
import { shortTime } from "../text.ts";
import { Icon } from "../ui/icon.tsx";

/** The devices on which the user is signed in. The others can be signed off. */
export function Devices() {
  const session = useSession();
  const { parley } = session;
  const [devices, setDevices] = useState<readonly SessionDevice[]>([]);
  const read = async () => setDevices((await parley.session.devices()).Devices);
  useEffect(() => {
    const again = () => void read().catch(() => {}); // the old list stays
    if (parley.state === "online") again();
    return parley.on("synced", again);
  }, [parley]);
  const signOff = async (Instance: string) => {
    if (await session.try("The device was not signed off.", parley.session.kick({ Instance }))) await read();
  };
  return (
    <section class="panel-box" aria-label="Devices">
      <header class="box-head">
        <h2>Devices</h2>
        <button
          type="button"
          class="icon-button"
          aria-label="Look again"
          onClick={() => void session.try("The devices were not read.", read())}
        >
          <Icon name="again" />
        </button>
      </header>
      <ul class="devices">
        {devices.map(({ Platform, Instance, Since, Background, Online }) => {
          const here = Instance === parley.instance;
          return (
            <li key={Instance} class="device">
              <Icon name={/Android|iPhone/.test(Platform) ? "phone" : "screen"} />
              <span class="who">
                <strong class="who-name">{Platform}</strong>
                <span class="muted">
                  {here ? "This device" : !Online ? "Lost" : Background ? "In the background" : "Online"} · since{" "}
                  {shortTime(Since * 1000)}
                </span>
              </span>
              {!here && (
                <button
                  type="button"
                  class="button soft"
                  aria-label={`Sign off ${Platform}`}
                  onClick={() => void signOff(Instance)}
                >
                  Sign off
                </button>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
