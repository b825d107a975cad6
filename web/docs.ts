import '@fastify/swagger-ui/static/swagger-ui.css';
import SwaggerUI from '@fastify/swagger-ui/static/swagger-ui-bundle.js';

/** The reference of the API, drawn from the description that the server itself serves. */
SwaggerUI({
  url: '/openapi.yaml',
  dom_id: '#reference',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  // It would ask a server elsewhere.
  validatorUrl: null,
});
