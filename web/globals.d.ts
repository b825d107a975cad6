/** Version of the package; the build puts it in. */
declare const MMULAB_VERSION: string;
