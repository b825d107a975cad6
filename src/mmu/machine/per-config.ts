/**
 * A value that follows from a configuration alone, worked out once for each: a configuration is
 * never changed, so whoever asks again gets what it was.
 *
 * @param derive Works the value out. It may not depend on anything else.
 */
export function perConfig<C extends object, T>(derive: (config: C) => T): (config: C) => T {
  const known = new WeakMap<C, T>();
  return (config) => {
    let value = known.get(config);
    if (value === undefined) {
      value = derive(config);
      known.set(config, value);
    }
    return value;
  };
}
