interface NumberProps {
  readonly name: string;
  readonly title: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
}

/** A whole number, within bounds. */
export function NumberField({ name, title, value, min, max }: NumberProps) {
  return (
    <label class="field">
      {title}
      <input name={name} type="number" min={min} max={max} defaultValue={value} required />
    </label>
  );
}

interface SelectProps {
  readonly name: string;
  readonly title: string;
  readonly names: readonly string[];
  /** The one that is picked at first. */
  readonly value: string;
}

/** One of some names. */
export function SelectField({ name, title, names, value }: SelectProps) {
  return (
    <label class="field">
      {title}
      <select name={name}>
        {names.map((one) => (
          <option key={one} value={one} selected={one === value}>
            {one}
          </option>
        ))}
      </select>
    </label>
  );
}
