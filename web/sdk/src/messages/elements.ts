import type { Element } from "../types.ts";

/** One size of a picture. */
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

/** A face (emoji) of a set that the app defines: its index in the set, and data for the app. */
export function faceElement(Index: number, Data?: string): Element {
  return element("TIMFaceElem", { Index, ...(Data === undefined ? {} : { Data }) });
}

/** A place: latitude and longitude in degrees, and its name. */
export function locationElement(Latitude: number, Longitude: number, Desc: string): Element {
  return element("TIMLocationElem", { Desc, Latitude, Longitude });
}

/** An element that only the app understands; at most one in a message. A push and a list show `Desc`. */
export function customElement(content: { Data: string; Desc?: string; Ext?: string; Sound?: string }): Element {
  return element("TIMCustomElem", content);
}

/** A recording: `Size` in bytes, `Second` is its length. `Download_Flag` 2: the file is at `Url`. */
export function soundElement(content: {
  Url: string;
  UUID?: string;
  Size: number;
  Second: number;
  Download_Flag?: 2;
}): Element {
  return element("TIMSoundElem", { Download_Flag: 2, ...content });
}

/** A picture in up to three sizes. `ImageFormat`: 1 JPG, 2 GIF, 3 PNG, 4 BMP, 255 another format. */
export function imageElement(content: {
  UUID: string;
  ImageFormat: 1 | 2 | 3 | 4 | 255;
  ImageInfoArray: ImageInfo[];
}): Element {
  return element("TIMImageElem", content);
}

/** A file: its size in bytes, and its name. */
export function fileElement(content: {
  Url: string;
  UUID?: string;
  FileSize: number;
  FileName: string;
  Download_Flag?: 2;
}): Element {
  return element("TIMFileElem", { Download_Flag: 2, ...content });
}

/** A video and its thumbnail: sizes in bytes, the length in seconds, width and height in pixels. */
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
 * A merged list: several messages as one, for example one that was received and is sent
 * on. To merge messages of your own, call `message.forward`: it takes a list of any length.
 */
export function relayElement(content: {
  Title?: string;
  CompatibleText?: string;
  AbstractList?: string[];
  MsgNum: number;
  /** The messages; if they have more than 12 KB, `JsonMsgKey` is the key of the stored list instead. */
  MsgList?: object[];
  JsonMsgKey?: string;
}): Element {
  return element("TIMRelayElem", content);
}
