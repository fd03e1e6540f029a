/** Numbers that say what they count; the settings' reference shows each as people read it. */
export type Milliseconds = number
export type Bytes = number
/** Between 0 and 1. */
export type Share = number
