
    /// <summary>Where the footer is, or behind the room of a last block that is short in the file.</summary>
    public static long FindEnd(ImageLayout layout, BlockAllocationTable table)
    {
        long blocksEnd = BlockAllocator.FindEnd(layout, table);
        return blocksEnd > layout.DataEnd && blocksEnd <= layout.DataEnd + layout.BlockSpan ? blocksEnd : VhdSpec.RoundUp(layout.DataEnd, VhdSpec.SectorSize);
    }
}
