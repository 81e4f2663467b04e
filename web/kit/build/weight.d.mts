export declare const MAX_FIRST_SCREEN_BYTES: number;
export declare function firstScreenBytes(folder: string): number;
