/** A JSON value as a user may write it: typed, so "1234" stays a string. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** One change of a file's text, with the field that asked for it. They are made in order. */
export type Edit =
  /** Replaces each `{{ Name }}`. */
  | { readonly kind: 'template'; readonly field: string }
  /** Sets one JSON value. `ifPresent`: left alone where the file has no such key. */
  | {
      readonly kind: 'set';
      readonly field: string;
      readonly pointer: string;
      readonly value: JsonValue;
      readonly ifPresent: boolean;
    };

/** What a file became. `unchanged`: its bytes are those of the repository. */
export type Rendered = { readonly kind: 'unchanged' } | { readonly kind: 'changed'; readonly bytes: Uint8Array };
