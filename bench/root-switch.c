// SPDX-License-Identifier: GPL-2.0-only
/*
 * The root cache of v5.18 and later in C: what the model's root switch is measured against.
 *
 * Written for this bench after the description of kvm_mmu_new_pgd(), fast_pgd_switch() and
 * kvm_mmu_load(); the names are the kernel's, so that each part can be compared with its home.
 *
 *     root-switch WARM_UP_PASSES TIMED_PASSES < PGDS
 *
 * PGDS are 64-bit values in the machine's byte order. Each pass switches to all of them in turn.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define KVM_MMU_NUM_PREV_ROOTS 3
#define KVM_MMU_HASH_SHIFT 12
#define PAGE_SHIFT 12
#define INVALID_PAGE (~(uint64_t)0)
#define HPA_BASE 0x100000000ULL
#define PAGES_MAX 4096
#define PGDS_MAX 65536
#define NOT_FOUND (-2)
#define CURRENT (-1)

#define ROLE_DIRECT (1u << 7)
#define ROLE_INVALID (1u << 11)
#define ROLE_LEVEL_MASK 0xfu
/* Level 4, all access, NX, write protection: what a 64-bit guest's root has. */
#define ROLE_OF_64_BIT_GUEST (4u | 7u << 8 | 1u << 12 | 1u << 13)

enum { KVM_REQ_MMU_SYNC, KVM_REQ_LOAD_MMU_PGD, KVM_REQ_TLB_FLUSH_CURRENT, KVM_REQ_TRIPLE_FAULT };

struct kvm_mmu_page {
	struct kvm_mmu_page *next; /* in its hash bucket */
	uint64_t hpa;
	uint64_t gfn;
	uint32_t role;
	uint32_t root_count;
	uint32_t unsync_children;
	uint8_t mmu_valid_gen;
};

struct kvm_mmu_root_info {
	uint64_t pgd;
	uint64_t hpa;
};

struct kvm_mmu {
	uint32_t root_role;
	struct kvm_mmu_root_info root;
	struct kvm_mmu_root_info prev_roots[KVM_MMU_NUM_PREV_ROOTS];
};

struct kvm_memory_slot {
	uint64_t base_gfn;
	uint64_t npages;
};

struct counters {
	uint64_t reused_current, reused_previous, missed, evicted, loaded, synced, flushed;
};

struct kvm_vcpu {
	struct kvm_mmu *mmu;
	struct kvm_mmu root_mmu;
	uint64_t requests;
	uint64_t cr3;
	struct counters counters;
};

struct kvm {
	struct kvm_memory_slot memslots[1];
	uint8_t mmu_valid_gen;
	unsigned int page_count;
	struct kvm_mmu_page *mmu_page_hash[1 << KVM_MMU_HASH_SHIFT];
	struct kvm_mmu_page pages[PAGES_MAX];
};

static struct kvm kvm;
static struct kvm_vcpu vcpu;
static uint64_t pgds[PGDS_MAX];
static volatile bool force_flush_and_sync_on_reuse;

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

static void swap_roots(struct kvm_mmu_root_info *a, struct kvm_mmu_root_info *b)
{
	struct kvm_mmu_root_info kept = *a;

	*a = *b;
	*b = kept;
}

static void free_current_root(struct kvm_vcpu *v, struct kvm_mmu *mmu)
{
	if (mmu->root.hpa == INVALID_PAGE)
		return;
	root_to_sp(mmu->root.hpa)->root_count--;
	v->counters.evicted++;
	mmu->root.hpa = INVALID_PAGE;
	mmu->root.pgd = 0;
}

/* The current root sinks into the cache, until the wanted one comes up. */
static int cached_root_find_and_keep_current(struct kvm_vcpu *v, struct kvm_mmu *mmu,
					     uint64_t pgd, uint32_t role)
{
	if (is_root_usable(&mmu->root, pgd, role))
		return CURRENT;
	for (int i = 0; i < KVM_MMU_NUM_PREV_ROOTS; i++) {
		swap_roots(&mmu->root, &mmu->prev_roots[i]);
		if (is_root_usable(&mmu->root, pgd, role))
			return i;
	}
	free_current_root(v, mmu);
	return NOT_FOUND;
}

/* Nothing is displaced; what lies behind the found root moves up. */
static int cached_root_find_without_current(struct kvm_mmu *mmu, uint64_t pgd, uint32_t role)
{
	const int last = KVM_MMU_NUM_PREV_ROOTS - 1;

	for (int i = 0; i < KVM_MMU_NUM_PREV_ROOTS; i++) {
		if (!is_root_usable(&mmu->prev_roots[i], pgd, role))
			continue;
		swap_roots(&mmu->root, &mmu->prev_roots[i]);
		for (int j = i; j < last; j++)
			mmu->prev_roots[j] = mmu->prev_roots[j + 1];
		mmu->prev_roots[last].hpa = INVALID_PAGE;
		return i;
	}
	return NOT_FOUND;
}

static void kvm_mmu_new_pgd(struct kvm_vcpu *v, uint64_t pgd)
{
	struct kvm_mmu *mmu = v->mmu;
	uint32_t role = mmu->root_role;
	int found = mmu->root.hpa != INVALID_PAGE
			    ? cached_root_find_and_keep_current(v, mmu, pgd, role)
			    : cached_root_find_without_current(mmu, pgd, role);

	if (found == NOT_FOUND) {
		v->counters.missed++;
		return;
	}
	if (found == CURRENT)
		v->counters.reused_current++;
	else
		v->counters.reused_previous++;
	kvm_make_request(v, KVM_REQ_LOAD_MMU_PGD);
	if (force_flush_and_sync_on_reuse) {
		kvm_make_request(v, KVM_REQ_MMU_SYNC);
		kvm_make_request(v, KVM_REQ_TLB_FLUSH_CURRENT);
	}
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

static struct kvm_mmu_page *kvm_mmu_get_page(uint64_t gfn, uint32_t role)
{
	struct kvm_mmu_page **bucket = &kvm.mmu_page_hash[kvm_page_table_hashfn(gfn)];
	struct kvm_mmu_page *sp;

	for (sp = *bucket; sp; sp = sp->next)
		if (sp->gfn == gfn && sp->role == role && !is_obsolete_sp(sp))
			return sp;
	if (kvm.page_count == PAGES_MAX)
		exit(1);
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
	if ((mmu->root_role & ROLE_LEVEL_MASK) < 4)
		exit(1);
	sp = kvm_mmu_get_page(gfn, mmu->root_role);
	sp->root_count++;
	mmu->root.pgd = pgd;
	mmu->root.hpa = sp->hpa;
	v->counters.loaded++;
	v->counters.synced++;
	v->counters.flushed++;
}

/* One switch, and the entry that follows it as far as roots are concerned. */
static void switch_root(struct kvm_vcpu *v, uint64_t pgd)
{
	kvm_mmu_new_pgd(v, pgd);
	v->cr3 = pgd;
	if (v->mmu->root.hpa == INVALID_PAGE)
		kvm_mmu_load(v);
	v->requests = 0;
}

/* Which root is about to fall out tells how the cache was rotated at every switch before. */
static uint32_t pass(struct kvm_vcpu *v, size_t count, uint32_t digest)
{
	for (size_t i = 0; i < count; i++) {
		const struct kvm_mmu_root_info *oldest =
			&v->mmu->prev_roots[KVM_MMU_NUM_PREV_ROOTS - 1];

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
	vcpu.mmu = &vcpu.root_mmu;
	vcpu.mmu->root_role = ROLE_OF_64_BIT_GUEST;
	vcpu.mmu->root.hpa = INVALID_PAGE;
	for (int i = 0; i < KVM_MMU_NUM_PREV_ROOTS; i++)
		vcpu.mmu->prev_roots[i].hpa = INVALID_PAGE;

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
