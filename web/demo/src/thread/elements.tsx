import type { AnyMessage, Element } from "@parley/client";
import { useState } from "preact/hooks";
import { lengthOf, sizeOf, splitLinks, textOf } from "../text.ts";
import { Icon, type IconName } from "../ui/icon.tsx";
import { Merged } from "./merged.tsx";

/**
 * The body of a message with elements of any kind. `of` is the stored message. The parent
 * element sets the direction of the text, so that everything inside it is aligned.
 */
export function Body({ body, of }: { body: readonly Element[]; of?: AnyMessage | undefined }) {
  return (
    <>
      {body.map((element, i) => (
        <Part key={i} element={element} of={of} />
      ))}
    </>
  );
}

function Part({ element, of }: { element: Element; of: AnyMessage | undefined }) {
  const { MsgType, MsgContent: content } = element;
  switch (MsgType) {
    case "TIMTextElem":
      return <Text text={String(content.Text ?? "")} />;
    case "TIMImageElem":
      return <Picture content={content} />;
    case "TIMVideoFileElem":
      return <Film content={content} />;
    case "TIMSoundElem":
      return <Sound content={content} />;
    case "TIMFileElem": {
      const size = Number(content.FileSize);
      const note = size > 0 ? sizeOf(size) : "File";
      return <Card icon="file" title={String(content.FileName || "File")} note={note} href={address(content.Url)} />;
    }
    case "TIMLocationElem": {
      const [latitude, longitude] = [Number(content.Latitude), Number(content.Longitude)];
      const place = `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`;
      const map = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=15/${latitude}/${longitude}`;
      return <Card icon="place" title={String(content.Desc || "Location")} note={place} href={map} />;
    }
    case "TIMRelayElem":
      return <Relay content={content} of={of} />;
    case "TIMFaceElem":
      return <Card icon="smile" title="Face" note={`Number ${content.Index}`} />;
    default:
      return <Card icon="cube" title={textOf({ MsgBody: [element] })} note="Made for another app" />;
  }
}

/** A text. Its web addresses are links. */
export function Text({ text }: { text: string }) {
  return (
    <p class="text">
      {splitLinks(text).map((piece) =>
        piece.href ? (
          <a key={piece.at} href={piece.href} target="_blank" rel="noopener noreferrer">
            {piece.text}
          </a>
        ) : (
          piece.text
        ),
      )}
    </p>
  );
}

/** An address that may be opened: only a web address. */
function address(url: unknown): string | undefined {
  return typeof url === "string" && /^https?:\/\//i.test(url) ? url : undefined;
}

interface Content {
  content: Record<string, unknown>;
}

interface Size {
  Type?: number;
  URL?: string;
  Width?: number;
  Height?: number;
}

/** The longest side of a picture in a thread, px. */
const longest = 320;

/** The size that is reserved for a picture before it is loaded, so that the thread does not move. */
function reservedSize({ Width = 0, Height = 0 }: Size): { width: string; aspectRatio: string } {
  const [width, height] = Width > 0 && Height > 0 ? [Width, Height] : [4, 3];
  const shown = Math.max(80, Width > 0 ? Math.min(Width, longest, (longest * width) / height) : longest);
  return { width: `${shown}px`, aspectRatio: `${width} / ${height}` };
}

function Picture({ content }: Content) {
  const [failed, setFailed] = useState(false);
  const sizes = (Array.isArray(content.ImageInfoArray) ? content.ImageInfoArray : []) as Size[];
  const whole = sizes.find(({ Type }) => Type === 1) ?? sizes[0];
  const small = sizes.find(({ Type }) => Type === 3) ?? sizes.find(({ Type }) => Type === 2) ?? whole;
  const source = address(small?.URL);
  if (!source || failed) return <Card icon="image" title="Image" note="It is not there any more" />;
  return (
    <a
      class="picture"
      style={reservedSize(small ?? {})}
      href={address(whole?.URL) ?? source}
      target="_blank"
      rel="noopener noreferrer"
    >
      <img src={source} alt="As it was sent" loading="lazy" onError={() => setFailed(true)} />
    </a>
  );
}

function Film({ content }: Content) {
  const source = address(content.VideoUrl);
  if (!source) return <Card icon="film" title="Video" note={lengthOf(Number(content.VideoSecond) || 0)} />;
  return (
    // biome-ignore lint/a11y/useMediaCaption: users send no captions with their videos
    <video
      class="picture"
      controls
      preload="none"
      src={source}
      poster={address(content.ThumbUrl)}
      style={reservedSize({ Width: Number(content.ThumbWidth), Height: Number(content.ThumbHeight) })}
      aria-label={`Video, ${lengthOf(Number(content.VideoSecond) || 0)}`}
    />
  );
}

function Sound({ content }: Content) {
  const source = address(content.Url);
  const length = lengthOf(Number(content.Second) || 0);
  if (!source) return <Card icon="mic" title="Voice message" note={length} />;
  return (
    <figure class="sound">
      <figcaption>Voice message, {length}</figcaption>
      {/* biome-ignore lint/a11y/useMediaCaption: users send no captions with their recordings */}
      <audio controls preload="none" src={source} />
    </figure>
  );
}

function Relay({ content, of }: Content & { of: AnyMessage | undefined }) {
  const [open, setOpen] = useState(false);
  const lines = (Array.isArray(content.AbstractList) ? content.AbstractList : []).map(String).slice(0, 4);
  const title = String(content.Title || "Forwarded messages");
  return (
    <>
      <button type="button" class="relay" disabled={!of} onClick={() => setOpen(true)}>
        <strong>
          <Icon name="list" />
          <bdi>{title}</bdi>
        </strong>
        {lines.map((line, i) => (
          <span key={i} dir="auto">
            {line}
          </span>
        ))}
      </button>
      {open && of && (
        <Merged
          title={title}
          content={content}
          of={of}
          show={(body) => <Body body={body} />}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}

/** A card with the description of an element that is not shown itself. */
function Card(props: { icon: IconName; title: string; note: string; href?: string | undefined }) {
  const inside = (
    <>
      <Icon name={props.icon} />
      <span class="file-text">
        <strong dir="auto">{props.title}</strong>
        <span>{props.note}</span>
      </span>
    </>
  );
  return props.href ? (
    <a class="file" href={props.href} target="_blank" rel="noopener noreferrer">
      {inside}
    </a>
  ) : (
    <span class="file">{inside}</span>
  );
}
