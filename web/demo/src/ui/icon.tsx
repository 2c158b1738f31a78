const paths = {
  alert: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 8v4.6M12 15.9v.2",
  again: "M19.5 12a7.5 7.5 0 1 1-2.2-5.3L19.5 9M19.5 4v5h-5",
  back: "M15 5l-7 7 7 7",
  bell: "M6 17V11a6 6 0 0 1 12 0v6l1.5 1.5h-15zM10 21h4",
  bellOff: "M6.6 8.4A6 6 0 0 0 6 11v6l-1.5 1.5h13M8.8 5.9A6 6 0 0 1 18 11v4M10 21h4M4 4l16 16",
  block: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM6 6l12 12",
  chat: "M5 5h14a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2z",
  check: "M4 12.5l5 5L19.5 7",
  checks: "M2 12.8l4.4 4.4L16 7.4M11.6 16.2l1 1L22 7.4",
  clock: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 7.5V12l3 2",
  close: "M6 6l12 12M18 6L6 18",
  copy: "M9 9h10v11H9zM5 15H4V4h11v1",
  cube: "M12 3.5l7.5 4.2v8.6L12 20.5l-7.5-4.2V7.7zM4.5 7.7L12 12l7.5-4.3M12 12v8.5",
  down: "M12 5v14M6 13l6 6 6-6",
  edit: "M4 20l1-4L16.5 4.5a2.1 2.1 0 0 1 3 3L8 19zM14 7l3 3",
  file: "M7 3.5h7l4 4v13H7a1 1 0 0 1-1-1v-15a1 1 0 0 1 1-1zM14 3.5v4h4",
  film: "M4 5.5h16v13H4zM10 9.5l5 2.5-5 2.5z",
  group:
    "M12 12.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM6.5 19a5.5 5.5 0 0 1 11 0M4.8 11.6a2.3 2.3 0 1 1 1.9-4M2 17.5a4.5 4.5 0 0 1 3-4.2M19.2 11.6a2.3 2.3 0 1 0-1.9-4M22 17.5a4.5 4.5 0 0 0-3-4.2",
  groupAdd:
    "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 19.5a6.5 6.5 0 0 1 13 0M15.5 5a3.3 3.3 0 0 1 1.6 4.6M19 13v6M16 16h6",
  image: "M4 5h16v14H4zM4 16l4.5-4.5 4 4L15 13l5 5M15.5 9.3v.1",
  list: "M5 4h14v16H5zM8.5 8.5h7M8.5 12h7M8.5 15.5h4",
  leave: "M14 4H5v16h9M10 12h10M16.5 8.5L20 12l-3.5 3.5",
  more: "M12 5.5v.01M12 12v.01M12 18.5v.01",
  mic: "M12 3.5a2.7 2.7 0 0 0-2.7 2.7v5a2.7 2.7 0 0 0 5.4 0v-5A2.7 2.7 0 0 0 12 3.5zM6 11a6 6 0 0 0 12 0M12 17v3.5",
  people:
    "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 19.5a6.5 6.5 0 0 1 13 0M16 4.9a3.5 3.5 0 0 1 0 6.3M18 14a6.5 6.5 0 0 1 3.5 5.5",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5a7.5 7.5 0 0 1 15 0",
  personAdd: "M10 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM2.5 20.5a7.5 7.5 0 0 1 12.4-5.7M18.5 14v6M15.5 17h6",
  phone: "M8 3h8a1.5 1.5 0 0 1 1.5 1.5v15A1.5 1.5 0 0 1 16 21H8a1.5 1.5 0 0 1-1.5-1.5v-15A1.5 1.5 0 0 1 8 3zM11 18h2",
  pin: "M9 3.5h6l-1 6 3.5 3.5v1.5h-11V13L10 9.5zM12 14.5v6",
  pinOff: "M9 3.5h6l-1 5.5M17.5 14.5V13l-1-1M9.9 10L6.5 13v1.5h8M12 14.5v6M4 4l16 16",
  place:
    "M12 21s-6.5-5.7-6.5-11a6.5 6.5 0 0 1 13 0c0 5.3-6.5 11-6.5 11zM12 12.3a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6z",
  plus: "M12 5v14M5 12h14",
  reply: "M9.5 6L4 11.5 9.5 17M4.5 11.5H14a6 6 0 0 1 6 6v1",
  screen: "M4 5h16v11H4zM9 20h6M12 16v4",
  search: "M10.8 4.2a6.6 6.6 0 1 0 0 13.2 6.6 6.6 0 0 0 0-13.2zM15.8 15.8l4.4 4.4",
  send: "M12 19.5V5M5.8 11L12 4.8l6.2 6.2",
  smile: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM8.5 14a4 4 0 0 0 7 0M9 9.5v.6M15 9.5v.6",
  trash: "M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 13h9l1-13M10 11v5M14 11v5",
  undo: "M8.5 5L4 9.5 8.5 14M4.5 9.5H14a5.5 5.5 0 0 1 0 11h-3",
} as const;

export type IconName = keyof typeof paths;

/** An icon. Without a label it is decoration, and screen readers ignore it. */
export function Icon({ name, label }: { name: IconName; label?: string }) {
  const labelling = label === undefined ? { "aria-hidden": true } : { role: "img" as const, "aria-label": label };
  return (
    // biome-ignore lint/a11y/noSvgWithoutTitle: it has a label or aria-hidden, and a title would pop up
    <svg viewBox="0 0 24 24" class={`icon icon-${name}`} {...labelling}>
      <path d={paths[name]} />
    </svg>
  );
}

/** The logo of Parley. */
export function Mark() {
  return (
    <svg viewBox="0 0 48 48" class="mark" aria-hidden="true">
      <path
        class="mark-back"
        d="M19 17h18a6 6 0 0 1 6 6v9a6 6 0 0 1-6 6h-1v6l-7-6H19a6 6 0 0 1-6-6v-9a6 6 0 0 1 6-6z"
      />
      <path
        class="mark-front"
        d="M11 5h18a6 6 0 0 1 6 6v9a6 6 0 0 1-6 6H19l-7 6v-6h-1a6 6 0 0 1-6-6v-9a6 6 0 0 1 6-6z"
      />
    </svg>
  );
}
