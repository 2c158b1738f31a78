/** A profile: the values of its fields, by tag. */
export type Fields = Readonly<Record<string, string | number>>;

/** The fields that this app shows. */
export const nickTag = "Tag_Profile_IM_Nick";
export const faceTag = "Tag_Profile_IM_Image";
export const signatureTag = "Tag_Profile_IM_SelfSignature";
export const genderTag = "Tag_Profile_IM_Gender";
export const birthdayTag = "Tag_Profile_IM_BirthDay";
export const locationTag = "Tag_Profile_IM_Location";
export const allowTag = "Tag_Profile_IM_AllowType";

export const profileTags = [nickTag, faceTag, signatureTag, genderTag, birthdayTag, locationTag, allowTag];
