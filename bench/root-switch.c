// SPDX-License-Identifier: GPL-2.0-only
/*
 * The root cache of v5.18 and later in C: what the model's root switch is measured against.
 *
 * Written for this bench after the description of kvm_mmu_new_pgd(), fast_pgd_switch() and
 * kvm_mmu_load(); the names are the kernel's, so that each part can be compared with its home. It
 * does what the model does on these paths and no more: a policy is a table of functions, chosen
 * at run time, and a root has what it owes beside it. What the kernel does there and the model does
 * not (atomic requests, locks, the cached MMIO address) is left out.
 *
 *     root-switch WARM_UP_PASSES TIMED_PASSES [POLICY [flush-on-reuse]] < PGDS
 *
 * PGDS are 64-bit values in the machine's byte order. Each pass switches to all of them in turn.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KVM_MMU_NUM_PREV_ROOTS 3
#define KVM_MMU_HASH_SHIFT 12
#define PAGE_SHIFT 12
#define INVALID_PAGE (~(uint64_t)0)
#define HPA_BASE 0x100000000ULL
#define PAGES_MAX 4096
#define PGDS_MAX 65536
#define KVM_MIN_FREE_MMU_PAGES 5
#define SLOTS (1 + KVM_MMU_NUM_PREV_ROOTS)
#define NOT_FOUND (-1)
#define CURRENT 0

#define ROLE_DIRECT (1u << 7)
#define ROLE_INVALID (1u << 11)
#define ROLE_LEVEL_MASK 0xfu
/* Level 4, all access, NX, write protection: what a 64-bit guest's root has. */
#define ROLE_OF_64_BIT_GUEST (4u | 7u << 8 | 1u << 12 | 1u << 13)

#define NO_DUES 0u
#define SYNC_DUE 1u
#define FLUSH_DUE 2u
#define ALL_DUES 3u

enum { KVM_REQ_MMU_SYNC, KVM_REQ_LOAD_MMU_PGD, KVM_REQ_TLB_FLUSH_CURRENT, KVM_REQ_TRIPLE_FAULT };

struct kvm_mmu_page {
	struct kvm_mmu_page *next; /* in its hash bucket */
	uint64_t hpa;
	uint64_t gfn;
	uint32_t role;
	uint32_t root_count;
	uint32_t unsync_children;
	uint32_t write_flooding_count;
	uint8_t mmu_valid_gen;
	bool unsync;
};

struct kvm_mmu_root_info {
	uint64_t pgd;
	uint64_t hpa;
	uint8_t dues;
	/* VPIDs under which it ran since they were flushed, a bit each. */
	uint8_t ran_under;
};

/* What the kernel leaves open about cached roots. */
struct policy {
	const char *name;
	int (*victim_slot)(int count, uint32_t holes);
	uint32_t (*requests_on_reuse)(uint32_t dues);
	bool forgets_mark_when_raised;
};

struct kvm_mmu {
	uint32_t root_role;
	uint32_t guest_levels;
	/* The current root, then prev_roots. */
	struct kvm_mmu_root_info slots[SLOTS];
};

struct kvm_memory_slot {
	uint64_t base_gfn;
	uint64_t npages;
};

struct counters {
	uint64_t reused_current, reused_previous, missed, evicted, loaded, synced;
};

struct kvm_vcpu {
	struct kvm_mmu *mmu;
	struct kvm_mmu root_mmu;
	uint32_t tlb_contexts;
	uint8_t vpid_bit;
	uint64_t requests;
	uint64_t cr3;
	struct counters counters;
};

struct kvm {
	struct kvm_memory_slot memslots[1];
	uint8_t mmu_valid_gen;
	const struct policy *policy;
	bool flush_on_reuse;
	unsigned int page_count;
	struct kvm_mmu_page *mmu_page_hash[1 << KVM_MMU_HASH_SHIFT];
	struct kvm_mmu_page pages[PAGES_MAX];
};

static struct kvm kvm;
static struct kvm_vcpu vcpu;
static uint64_t pgds[PGDS_MAX];

/* What the model handles and the bench never meets. */
static void refuse(const char *what)
{
	fprintf(stderr, "root-switch: %s\n", what);
	exit(1);
}

static void kvm_make_request(struct kvm_vcpu *v, int request)
{
	v->requests |= 1ULL << request;
}

/* The kernel finds a root's page through the struct page of its frame. */
static struct kvm_mmu_page *root_to_sp(uint64_t hpa)
{
	return &kvm.pages[(hpa - HPA_BASE) >> PAGE_SHIFT];
}

static bool is_root_usable(const struct kvm_mmu_root_info *root, uint64_t pgd, uint32_t role)
{
	if (root->hpa == INVALID_PAGE)
		return false;
	if (!(role & ROLE_DIRECT) && root->pgd != pgd)
		return false;
	return root_to_sp(root->hpa)->role == role;
}

static int find_root(const struct kvm_mmu *mmu, uint64_t pgd, uint32_t role)
{
	for (int place = 0; place < SLOTS; place++)
		if (is_root_usable(&mmu->slots[place], pgd, role))
			return place;
	return NOT_FOUND;
}

static void swap_roots(struct kvm_mmu_root_info *a, struct kvm_mmu_root_info *b)
{
	struct kvm_mmu_root_info kept = *a;

	*a = *b;
	*b = kept;
}

/*
 * The root in a place comes to the front, and those before it move back: by the kernel's chain of
 * swaps, which is faster than to shift them.
 */
static void rotate_in(struct kvm_mmu *mmu, int place)
{
	for (int i = 1; i <= place; i++)
		swap_roots(&mmu->slots[CURRENT], &mmu->slots[i]);
}

/* Nothing is displaced; what lies behind the found root moves up. */
static void fill_in(struct kvm_mmu *mmu, int place)
{
	swap_roots(&mmu->slots[CURRENT], &mmu->slots[place]);
	for (int i = place; i < SLOTS - 1; i++)
		mmu->slots[i] = mmu->slots[i + 1];
	mmu->slots[SLOTS - 1].hpa = INVALID_PAGE;
}

/* A page that was zapped meanwhile dies with its last slot; here none is. */
static void mmu_free_root_page(struct kvm_mmu_page *sp)
{
	if (!--sp->root_count && (sp->role & ROLE_INVALID))
		refuse("a zapped root");
}

static void give_up_victim(struct kvm_vcpu *v, struct kvm_mmu *mmu)
{
	uint32_t holes = 0;

	for (int i = 0; i < KVM_MMU_NUM_PREV_ROOTS; i++)
		if (mmu->slots[1 + i].hpa == INVALID_PAGE)
			holes |= 1u << i;
	rotate_in(mmu, 1 + kvm.policy->victim_slot(KVM_MMU_NUM_PREV_ROOTS, holes));
	if (mmu->slots[CURRENT].hpa == INVALID_PAGE)
		return;
	v->counters.evicted++;
	mmu_free_root_page(root_to_sp(mmu->slots[CURRENT].hpa));
	mmu->slots[CURRENT].hpa = INVALID_PAGE;
}

static void request_dues(struct kvm_vcpu *v, uint32_t dues)
{
	if (dues & SYNC_DUE)
		kvm_make_request(v, KVM_REQ_MMU_SYNC);
	if (dues & FLUSH_DUE)
		kvm_make_request(v, KVM_REQ_TLB_FLUSH_CURRENT);
}

static void kvm_mmu_new_pgd(struct kvm_vcpu *v, uint64_t pgd)
{
	struct kvm_mmu *mmu = v->mmu;
	bool is_kept = mmu->slots[CURRENT].hpa != INVALID_PAGE;
	int place = find_root(mmu, pgd, mmu->root_role);
	uint32_t owed, dues;

	if (place == NOT_FOUND) {
		if (is_kept)
			give_up_victim(v, mmu);
		v->counters.missed++;
		return;
	}
	owed = kvm.policy->requests_on_reuse(mmu->slots[place].dues);
	if (place == CURRENT) {
		v->counters.reused_current++;
	} else {
		if (is_kept)
			rotate_in(mmu, place);
		else
			fill_in(mmu, place);
		v->counters.reused_previous++;
	}
	root_to_sp(mmu->slots[CURRENT].hpa)->write_flooding_count = 0;
	kvm_make_request(v, KVM_REQ_LOAD_MMU_PGD);
	dues = kvm.flush_on_reuse ? ALL_DUES : owed;
	if (dues)
		request_dues(v, dues);
	if (owed && kvm.policy->forgets_mark_when_raised)
		mmu->slots[CURRENT].dues = NO_DUES;
}

static bool kvm_is_visible_gfn(uint64_t gfn)
{
	for (unsigned int i = 0; i < sizeof(kvm.memslots) / sizeof(kvm.memslots[0]); i++) {
		const struct kvm_memory_slot *slot = &kvm.memslots[i];

		if (gfn >= slot->base_gfn && gfn < slot->base_gfn + slot->npages)
			return true;
	}
	return false;
}

static bool is_obsolete_sp(const struct kvm_mmu_page *sp)
{
	return (sp->role & ROLE_INVALID) || sp->mmu_valid_gen != kvm.mmu_valid_gen;
}

/* hash_64() of the kernel: the high bits of a multiplication. */
static unsigned int kvm_page_table_hashfn(uint64_t gfn)
{
	return (gfn * 0x61c8864680b583ebULL) >> (64 - KVM_MMU_HASH_SHIFT);
}

/* Nothing below a root is mapped here, so no page is ever unsync. */
static struct kvm_mmu_page *kvm_mmu_get_page(struct kvm_vcpu *v, uint64_t gfn, uint32_t role)
{
	struct kvm_mmu_page **bucket = &kvm.mmu_page_hash[kvm_page_table_hashfn(gfn)];
	struct kvm_mmu_page *sp;

	for (sp = *bucket; sp; sp = sp->next) {
		if (sp->gfn != gfn || is_obsolete_sp(sp))
			continue;
		if (sp->role != role) {
			if ((role & ROLE_LEVEL_MASK) > 1 && sp->unsync)
				refuse("an unsync page");
			continue;
		}
		if (role & ROLE_DIRECT)
			return sp;
		if (sp->unsync)
			refuse("an unsync page");
		if (sp->unsync_children)
			kvm_make_request(v, KVM_REQ_MMU_SYNC);
		sp->write_flooding_count = 0;
		return sp;
	}
	if (kvm.page_count == PAGES_MAX)
		refuse("too many pages");
	sp = &kvm.pages[kvm.page_count];
	*sp = (struct kvm_mmu_page){
		.next = *bucket,
		.hpa = HPA_BASE + ((uint64_t)kvm.page_count << PAGE_SHIFT),
		.gfn = gfn,
		.role = role,
		.mmu_valid_gen = kvm.mmu_valid_gen,
	};
	kvm.page_count++;
	*bucket = sp;
	return sp;
}

static void kvm_mmu_sync_roots(struct kvm_vcpu *v, struct kvm_mmu *mmu)
{
	if (root_to_sp(mmu->slots[CURRENT].hpa)->unsync_children)
		refuse("an unsync root");
	mmu->slots[CURRENT].dues &= ~SYNC_DUE;
	v->counters.synced++;
}

/* The entries of the VPID go, and no root owes their flush any more. Here there are none. */
static void kvm_x86_flush_tlb_current(struct kvm_vcpu *v, struct kvm_mmu *mmu)
{
	if (v->tlb_contexts)
		refuse("a filled TLB");
	for (int place = 0; place < SLOTS; place++) {
		struct kvm_mmu_root_info *root = &mmu->slots[place];

		root->ran_under &= ~v->vpid_bit;
		if (!root->ran_under)
			root->dues &= ~FLUSH_DUE;
	}
}

/* What becomes current by a load is synced and flushed. */
static void kvm_mmu_load(struct kvm_vcpu *v)
{
	struct kvm_mmu *mmu = v->mmu;
	uint64_t pgd = mmu->root_role & ROLE_DIRECT ? 0 : v->cr3;
	uint64_t gfn = pgd >> PAGE_SHIFT;
	struct kvm_mmu_page *sp;

	if (!kvm_is_visible_gfn(gfn)) {
		kvm_make_request(v, KVM_REQ_TRIPLE_FAULT);
		return;
	}
	if (!(mmu->root_role & ROLE_DIRECT) && mmu->guest_levels == 3)
		refuse("PAE paging");
	if (PAGES_MAX - kvm.page_count < KVM_MIN_FREE_MMU_PAGES)
		refuse("too many pages");
	if ((mmu->root_role & ROLE_LEVEL_MASK) < 4)
		refuse("a root without a page");
	sp = kvm_mmu_get_page(v, gfn, mmu->root_role);
	sp->root_count++;
	mmu->slots[CURRENT] = (struct kvm_mmu_root_info){ .pgd = pgd, .hpa = sp->hpa };
	v->counters.loaded++;
	kvm_mmu_sync_roots(v, mmu);
	kvm_x86_flush_tlb_current(v, mmu);
}

/* One switch, and the entry that follows it as far as roots are concerned. */
static void switch_root(struct kvm_vcpu *v, uint64_t pgd)
{
	kvm_mmu_new_pgd(v, pgd);
	v->cr3 = pgd;
	if (v->mmu->slots[CURRENT].hpa == INVALID_PAGE)
		kvm_mmu_load(v);
	v->requests = 0;
}

static int oldest_slot(int count, uint32_t holes)
{
	(void)holes;
	return count - 1;
}

static uint32_t request_nothing(uint32_t dues)
{
	(void)dues;
	return NO_DUES;
}

static uint32_t request_dues_of_root(uint32_t dues)
{
	return dues;
}

static const struct policy policies[] = {
	{ "mainline", oldest_slot, request_nothing, false },
	{ "cached-roots", oldest_slot, request_dues_of_root, false },
	{ "cached-roots-posted", oldest_slot, request_dues_of_root, true },
};

static const struct policy *policy_of(const char *name)
{
	for (size_t i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		if (!strcmp(policies[i].name, name))
			return &policies[i];
	return NULL;
}

/* Which root is about to fall out tells how the cache was rotated at every switch before. */
static uint32_t pass(struct kvm_vcpu *v, size_t count, uint32_t digest)
{
	for (size_t i = 0; i < count; i++) {
		const struct kvm_mmu_root_info *oldest =
			&v->mmu->slots[SLOTS - 1];

		switch_root(v, pgds[i]);
		digest = digest * 31 +
			 (oldest->hpa == INVALID_PAGE ? 0 : root_to_sp(oldest->hpa)->gfn);
	}
	return digest;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ULL + (uint64_t)now.tv_nsec;
}

int main(int argc, char **argv)
{
	int warm_up = argc > 1 ? atoi(argv[1]) : 1;
	int timed = argc > 2 ? atoi(argv[2]) : 1;
	size_t count = fread(pgds, sizeof(pgds[0]), PGDS_MAX, stdin);
	uint32_t digest = 0;
	uint64_t start;

	kvm.memslots[0].npages = 1ULL << 20;
	kvm.policy = policy_of(argc > 3 ? argv[3] : "mainline");
	kvm.flush_on_reuse = argc > 4 && !strcmp(argv[4], "flush-on-reuse");
	if (!kvm.policy)
		refuse("unknown policy");
	vcpu.mmu = &vcpu.root_mmu;
	vcpu.mmu->root_role = ROLE_OF_64_BIT_GUEST;
	vcpu.mmu->guest_levels = 4;
	vcpu.vpid_bit = 1;
	for (int i = 0; i < SLOTS; i++)
		vcpu.mmu->slots[i].hpa = INVALID_PAGE;

	for (int i = 0; i < warm_up; i++)
		digest = pass(&vcpu, count, digest);
	start = now_ns();
	for (int i = 0; i < timed; i++)
		digest = pass(&vcpu, count, digest);
	printf("{\"ns\":%" PRIu64 ",\"checksum\":{\"digest\":%" PRIu32, now_ns() - start, digest);
	printf(",\"reusedCurrent\":%" PRIu64 ",\"reusedPrevious\":%" PRIu64,
	       vcpu.counters.reused_current, vcpu.counters.reused_previous);
	printf(",\"missed\":%" PRIu64 ",\"evicted\":%" PRIu64 ",\"loaded\":%" PRIu64 "}}\n",
	       vcpu.counters.missed, vcpu.counters.evicted, vcpu.counters.loaded);
	return 0;
}
