import { z } from 'zod';
import { PriceFile, PriceListHead, PriceListName } from '../../lab/index.js';
import type { Host } from '../host/host.js';
import { operation } from '../host/operation.js';
import { CHANGING, refusals, WITH_BODY } from '../wire/refusals.js';
import type { TypedPlugin } from './typed-plugin.js';

const PriceListsBody = z
  .strictObject({ priceLists: z.array(PriceListHead) })
  .meta({ id: 'PriceLists', description: 'Every price list, the presets first.' });

const params = z.strictObject({ name: PriceListName });

export const listPriceLists = operation({
  id: 'listPriceLists',
  takes: {},
  answer: PriceListsBody,
  run: ({ priceLists }) => ({
    priceLists: priceLists.all().map(({ name, machine, ghz }) => ({ name, machine, ghz })),
  }),
});

export const getPriceList = operation({
  id: 'getPriceList',
  takes: { params },
  answer: PriceFile,
  run: ({ priceLists }, { params: { name } }) => priceLists.get(name),
});

export const addPriceList = operation({
  id: 'addPriceList',
  takes: { body: PriceFile },
  answer: PriceFile,
  run({ priceLists }, { body }) {
    priceLists.add(body);
    return body;
  },
});

export const deletePriceList = operation({
  id: 'deletePriceList',
  takes: { params },
  answer: z.null().describe('Deleted.'),
  run({ priceLists }, { params: { name } }) {
    priceLists.delete(name);
    return null;
  },
});

const tags = ['races'];

/** `/v1/price-lists`: what things cost on a machine, for races. */
export const priceListRoutes: TypedPlugin<{ host: Host }> = async (app, { host }) => {
  app.get(
    '/v1/price-lists',
    {
      schema: {
        operationId: listPriceLists.id,
        summary: 'List the price lists.',
        description: 'Name, machine and clock of each, presets first; its prices are read by name.',
        tags,
        response: { 200: PriceListsBody, ...refusals() },
      },
    },
    (request) => listPriceLists.run(host, request),
  );
  app.post(
    '/v1/price-lists',
    {
      schema: {
        operationId: addPriceList.id,
        summary: 'Keep a price list, of your own host for example, for races to name.',
        description: '`mmulab calibrate` writes one from reports of perf and kvm-unit-tests.',
        tags,
        ...addPriceList.takes,
        response: {
          201: PriceFile,
          ...refusals(...WITH_BODY, ...CHANGING, 'price-list-exists', 'price-list-limit-reached'),
        },
      },
    },
    async (request, reply) => {
      const list = await addPriceList.run(host, request);
      void reply.code(201).header('location', `/v1/price-lists/${list.name}`);
      return list;
    },
  );
  app.get(
    '/v1/price-lists/:name',
    {
      schema: {
        operationId: getPriceList.id,
        summary: 'Read one price list, with the range and the source of every price.',
        description: 'A preset or a list that a client gave, in the form that `POST` takes.',
        tags,
        ...getPriceList.takes,
        response: { 200: PriceFile, ...refusals('price-list-not-found') },
      },
    },
    (request) => getPriceList.run(host, request),
  );
  app.delete(
    '/v1/price-lists/:name',
    {
      schema: {
        operationId: deletePriceList.id,
        summary: 'Delete a price list that a client gave.',
        description: 'Presets stay: for their names no list is found.',
        tags,
        ...deletePriceList.takes,
        response: { 204: deletePriceList.answer, ...refusals(...CHANGING, 'price-list-not-found') },
      },
    },
    (request, reply) => {
      void reply.code(204);
      return deletePriceList.run(host, request);
    },
  );
};
