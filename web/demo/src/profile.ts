/** A profile as the server keeps it: its fields by tag. */
export type Fields = Readonly<Record<string, string | number>>;

/** The fields that this app shows. */
export const nickTag = "Tag_Profile_IM_Nick";
export const faceTag = "Tag_Profile_IM_Image";
export const signatureTag = "Tag_Profile_IM_SelfSignature";
