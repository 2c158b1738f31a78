import type { Element } from "./types.ts";

/** A picture in one of its sizes. */
export interface ImageInfo {
  /** 1 original, 2 large, 3 thumbnail. */
  Type: 1 | 2 | 3;
  /** Bytes. */
  Size: number;
  /** Pixels. */
  Width: number;
  Height: number;
  URL: string;
}

function element(MsgType: string, MsgContent: object): Element {
  return { MsgType, MsgContent: MsgContent as Record<string, unknown> };
}

/** Text. */
export function textElement(Text: string): Element {
  return element("TIMTextElem", { Text });
}

/** A face of a set that the application defines: which one, and what the application wants with it. */
export function faceElement(Index: number, Data?: string): Element {
  return element("TIMFaceElem", { Index, ...(Data === undefined ? {} : { Data }) });
}

/** A place: degrees, and what it is called. */
export function locationElement(Latitude: number, Longitude: number, Desc: string): Element {
  return element("TIMLocationElem", { Desc, Latitude, Longitude });
}

/** What only the application understands: at most one in a message. `Desc` is what a push and a list show. */
export function customElement(content: { Data: string; Desc?: string; Ext?: string; Sound?: string }): Element {
  return element("TIMCustomElem", content);
}

/** A recording: bytes, seconds, 2 for "it is at Url". */
export function soundElement(content: {
  Url: string;
  UUID?: string;
  Size: number;
  Second: number;
  Download_Flag?: 2;
}): Element {
  return element("TIMSoundElem", { Download_Flag: 2, ...content });
}

/** A picture in up to three sizes; format 1 JPG, 2 GIF, 3 PNG, 4 BMP, 255 another. */
export function imageElement(content: {
  UUID: string;
  ImageFormat: 1 | 2 | 3 | 4 | 255;
  ImageInfoArray: ImageInfo[];
}): Element {
  return element("TIMImageElem", content);
}

/** A file: bytes, and its name. */
export function fileElement(content: {
  Url: string;
  UUID?: string;
  FileSize: number;
  FileName: string;
  Download_Flag?: 2;
}): Element {
  return element("TIMFileElem", { Download_Flag: 2, ...content });
}

/** A film and its still picture: bytes, seconds, pixels. */
export function videoElement(content: {
  VideoUrl: string;
  VideoUUID?: string;
  VideoSize: number;
  VideoSecond: number;
  VideoFormat: string;
  VideoDownloadFlag?: 2;
  ThumbUrl: string;
  ThumbUUID?: string;
  ThumbSize: number;
  ThumbWidth: number;
  ThumbHeight: number;
  ThumbFormat: string;
  ThumbDownloadFlag?: 2;
}): Element {
  return element("TIMVideoFileElem", { VideoDownloadFlag: 2, ThumbDownloadFlag: 2, ...content });
}

/**
 * Messages in one, such as a list that was received and is sent on. To merge
 * messages of one's own, call `message.forward`, which takes a list of any length.
 */
export function relayElement(content: {
  Title?: string;
  CompatibleText?: string;
  AbstractList?: string[];
  MsgNum: number;
  /** The messages, or the key under which a list over 12 KB is kept. */
  MsgList?: object[];
  JsonMsgKey?: string;
}): Element {
  return element("TIMRelayElem", content);
}
