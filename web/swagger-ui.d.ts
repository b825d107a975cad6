declare module '@fastify/swagger-ui/static/swagger-ui-bundle.js' {
  /** @see https://swagger.io/docs/open-source-tools/swagger-ui/usage/configuration/ */
  interface Options {
    readonly url: string;
    readonly dom_id: string;
    readonly deepLinking: boolean;
    readonly docExpansion: 'list' | 'full' | 'none';
    readonly defaultModelsExpandDepth: number;
    readonly validatorUrl: string | null;
  }
  export default function SwaggerUI(options: Options): unknown;
}
