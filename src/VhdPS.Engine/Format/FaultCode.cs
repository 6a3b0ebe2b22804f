namespace VhdPS.Engine.Format;

/// <summary>
/// Every fault that an image can have. A name states the violated fact; it is the code of a finding, the id of an error
/// record and the heading in the documentation.
/// </summary>
public enum FaultCode
{
    /// <summary>The file is too short to hold a footer.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    FileTooSmall,

    /// <summary>The path names a folder, pipe, socket or device.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    NotRegularFile,

    /// <summary>No footer cookie at either end.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    NotVhd,

    /// <summary>The cookie is "v_poison".</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    FooterPoisoned,

    /// <summary>No valid footer at the end, but a valid copy at the front.</summary>
    [Fault(Severity.Warning, FaultEffect.ReadOnly, IsRepairable = true)]
    FooterMissing,

    /// <summary>A valid footer at the end of a dynamic image, but no copy at the front.</summary>
    [Fault(Severity.Warning, FaultEffect.ReadOnly, IsRepairable = true)]
    FooterCopyMissing,

    /// <summary>The stored checksum of a footer is not that of its bytes.</summary>
    [Fault(Severity.Warning, FaultEffect.ReadOnly, IsRepairable = true)]
    FooterChecksumMismatch,

    /// <summary>The checksum of the footer is zero, as QEMU's driver of 2010 left it.</summary>
    [Fault(Severity.Note, FaultEffect.ReadOnly, IsRepairable = true)]
    FooterChecksumZero,

    /// <summary>Footer and copy are both valid and differ.</summary>
    [Fault(Severity.Warning, FaultEffect.None, IsRepairable = true)]
    FootersDiffer,

    /// <summary>The footer has 511 bytes, as before Virtual PC 2004.</summary>
    [Fault(Severity.Note, FaultEffect.None, IsRepairable = true)]
    FooterIs511Bytes,

    /// <summary>Bytes lie after the footer.</summary>
    [Fault(Severity.Warning, FaultEffect.ReadOnly, IsRepairable = true)]
    TrailingBytes,

    /// <summary>The feature bit that must always be set is not.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    FeatureReservedBitClear,

    /// <summary>Feature bits are set that the specification does not know.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    FeatureBitsUnknown,

    /// <summary>The file format version is not 1.x.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    FormatVersionUnsupported,

    /// <summary>The file format version is 1.x with x above 0.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    FormatVersionMinorUnknown,

    /// <summary>The disk type is not fixed, dynamic or differencing.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    DiskTypeUnsupported,

    /// <summary>The footer says fixed, and a dynamic header and the file's length say that the image has blocks.</summary>
    [Fault(Severity.Error, FaultEffect.UnreadableUnlessForced)]
    DiskTypeAmbiguous,

    /// <summary>A dynamic image names no header, or a place that is not in the file.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    DataOffsetOutOfRange,

    /// <summary>A fixed image names a header.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    DataOffsetPresent,

    /// <summary>The virtual size is zero.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    SizeZero,

    /// <summary>The virtual size is more than any image can hold.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    SizeTooLarge,

    /// <summary>The virtual size is not a whole number of sectors.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    SizeNotSectorAligned,

    /// <summary>The geometry addresses nothing.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    GeometryZero,

    /// <summary>The geometry gives another size than the current size, so some readers see another disk.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    GeometrySizeDiffers,

    /// <summary>The original size differs from the current size, as after a resize.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    OriginalSizeDiffers,

    /// <summary>The file is too short for a fixed disk of that size.</summary>
    [Fault(Severity.Error, FaultEffect.UnreadableUnlessForced)]
    FixedDataTruncated,

    /// <summary>The file is longer than the fixed disk and its footer.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    FixedFileTooLong,

    /// <summary>A virtual machine's state is saved with the image.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    SavedState,

    /// <summary>Reserved bytes are not zero.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    ReservedBytesNotZero,

    /// <summary>The time stamp lies in the future.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    TimeStampInFuture,

    /// <summary>The unique id is all zeros.</summary>
    [Fault(Severity.Warning, FaultEffect.None, IsRepairable = true)]
    UniqueIdNull,

    /// <summary>The dynamic header's cookie is not "cxsparse".</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    HeaderCookieMismatch,

    /// <summary>The dynamic header's checksum is not that of its bytes.</summary>
    [Fault(Severity.Error, FaultEffect.UnreadableUnlessForced, IsRepairable = true)]
    HeaderChecksumMismatch,

    /// <summary>The dynamic header's version is not 1.x.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    HeaderVersionUnsupported,

    /// <summary>The header's next offset is not absent.</summary>
    [Fault(Severity.Note, FaultEffect.None, IsRepairable = true)]
    NextOffsetPresent,

    /// <summary>The block size is not a power of two of at least 512 and at most 256 MiB.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    BlockSizeUnsupported,

    /// <summary>The blocks are of less than 4096 bytes, and QEMU takes their bitmaps for data.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    BlockSizeMisread,

    /// <summary>The table has fewer entries than the disk has blocks.</summary>
    [Fault(Severity.Error, FaultEffect.UnreadableUnlessForced)]
    TableEntriesTooFew,

    /// <summary>The table has more entries than the disk has blocks.</summary>
    [Fault(Severity.Note, FaultEffect.None, IsRepairable = true)]
    TableEntriesTooMany,

    /// <summary>A table entry after the disk's last block is in use.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    TableEntryBeyondDisk,

    /// <summary>The table is larger than any that is opened.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    TableTooLarge,

    /// <summary>The table does not lie in the file.</summary>
    [Fault(Severity.Error, FaultEffect.UnreadableUnlessForced)]
    TablePastEnd,

    /// <summary>The table overlaps the footer copy or the header.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    TableOverlapsHeader,

    /// <summary>The table does not begin on a sector.</summary>
    [Fault(Severity.Warning, FaultEffect.ReadOnly)]
    TableNotAligned,

    /// <summary>A table entry names a place where the file has no whole block.</summary>
    [Fault(Severity.Error, FaultEffect.BlockUnreadable, IsRepairable = true)]
    BatEntryPastEnd,

    /// <summary>A table entry names a place inside the headers, the table or a locator.</summary>
    [Fault(Severity.Error, FaultEffect.BlockUnreadable, IsRepairable = true)]
    BatEntryInStructure,

    /// <summary>Two table entries name the same place.</summary>
    [Fault(Severity.Error, FaultEffect.ReadOnly, IsRepairable = true)]
    BatEntryDuplicate,

    /// <summary>Two blocks share a part of the file.</summary>
    [Fault(Severity.Error, FaultEffect.ReadOnly, IsRepairable = true)]
    BlocksOverlap,

    /// <summary>The last block in the file holds only the part of it that is in the disk.</summary>
    [Fault(Severity.Warning, FaultEffect.None, IsRepairable = true)]
    LastBlockShort,

    /// <summary>Data that is not zero lies under a clear bit of a dynamic image's bitmap.</summary>
    [Fault(Severity.Warning, FaultEffect.None, IsRepairable = true)]
    BitmapStale,

    /// <summary>Bytes between the structures belong to no block.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    SpaceLeaked,

    /// <summary>A block lies in the file that no table entry names.</summary>
    [Fault(Severity.Note, FaultEffect.None, IsRepairable = true)]
    BlockLost,

    /// <summary>A locator's text is longer than any path.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    LocatorTooLong,

    /// <summary>A locator's text does not lie in the file.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    LocatorPastEnd,

    /// <summary>A locator's text overlaps the table or a block.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    LocatorOverlaps,

    /// <summary>The text of a locator in UTF-16 has an odd number of bytes.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    LocatorLengthOdd,

    /// <summary>A locator's platform code is not one of the specification's.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    LocatorCodeUnknown,

    /// <summary>A differencing image has no parent's id, name or locator.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    ParentInformationMissing,

    /// <summary>A dynamic image names a parent, which only a differencing image has.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    ParentInformationUnexpected,

    /// <summary>Xen's batmap is damaged and is not used.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    BatmapInvalid,

    /// <summary>Xen's batmap says of a block that all its sectors are in it, and its bitmap says otherwise.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    BatmapStale,

    /// <summary>No file was found for the parent.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    ParentNotFound,

    /// <summary>The parent's unique id is not the one that the child stores.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    ParentIdMismatch,

    /// <summary>The child stores no parent id.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    ParentIdNull,

    /// <summary>An image is its own ancestor.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    ChainCycle,

    /// <summary>The chain has more levels than are followed.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    ChainTooDeep,

    /// <summary>An image of the chain cannot be read.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    ParentDamaged,

    /// <summary>The parent was modified after the child was made, by the time stamps.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    ParentTimeStampDiffers,

    /// <summary>Azure takes fixed images only.</summary>
    [Fault(Severity.Error, FaultEffect.None)]
    AzureTypeNotFixed,

    /// <summary>Azure takes a disk of whole mebibytes only.</summary>
    [Fault(Severity.Error, FaultEffect.None)]
    AzureSizeNotWholeMebibytes,

    /// <summary>Azure wants a file of exactly the disk's size and a footer.</summary>
    [Fault(Severity.Error, FaultEffect.None)]
    AzureFileLengthMismatch,

    /// <summary>Azure wants the footer's cookie at the start of the last 512 bytes.</summary>
    [Fault(Severity.Error, FaultEffect.None)]
    AzureFooterNotAtEnd,

    /// <summary>The checksum of the last 512 bytes is not valid.</summary>
    [Fault(Severity.Error, FaultEffect.None)]
    AzureFooterChecksumMismatch,

    /// <summary>Azure takes disks from 20 MiB to 32 TiB only.</summary>
    [Fault(Severity.Error, FaultEffect.None)]
    AzureSizeOutOfRange,

    /// <summary>Azure goes by the current size, and the creator's geometry gives another size.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    AzureSizeSeenDiffers,

    /// <summary>Azure's tools refuse a dynamic source whose table has more entries than its disk has blocks.</summary>
    [Fault(Severity.Error, FaultEffect.None)]
    AzureTableEntriesTooMany,

    /// <summary>An operating system's disk of a first-generation machine has at most 2 TiB.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    AzureDiskTooLargeToBoot,

    /// <summary>A page blob ends at 8 TiB, the footer included; a managed disk may be larger.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    AzureDiskTooLargeForBlob,

    /// <summary>Hyper-V takes VHD disks up to 2040 GiB only.</summary>
    [Fault(Severity.Error, FaultEffect.None)]
    HyperVSizeOutOfRange,

    /// <summary>Hyper-V knows blocks of 512 KiB and 2 MiB.</summary>
    [Fault(Severity.Error, FaultEffect.None)]
    HyperVBlockSizeUnknown,

    /// <summary>Hyper-V refuses a file that is sparse, compressed or encrypted.</summary>
    [Fault(Severity.Error, FaultEffect.None)]
    HyperVFileSparse,

    /// <summary>The file has holes, which Hyper-V refuses where they are kept on Windows.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    HyperVFileHasHoles,

    /// <summary>Hyper-V needs both footers, whole, equal and at their places.</summary>
    [Fault(Severity.Error, FaultEffect.None)]
    HyperVFooterUnsound,

    /// <summary>Hyper-V identifies disks by their unique id.</summary>
    [Fault(Severity.Error, FaultEffect.None)]
    HyperVUniqueIdNull,

    /// <summary>Microsoft's tools need all bits of an absent offset set.</summary>
    [Fault(Severity.Error, FaultEffect.None)]
    HyperVNextOffsetPresent,

    /// <summary>The table has another number of entries than the disk has blocks.</summary>
    [Fault(Severity.Error, FaultEffect.None)]
    HyperVTableEntriesMismatch,

    /// <summary>Hyper-V goes by the current size, and the creator's geometry gives another size.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    HyperVSizeSeenDiffers,

    /// <summary>Virtual PC attaches disks up to the largest geometry only, 127 GiB.</summary>
    [Fault(Severity.Error, FaultEffect.None)]
    VirtualPcSizeOutOfRange,

    /// <summary>Virtual PC was made for blocks of 512 KiB and 2 MiB.</summary>
    [Fault(Severity.Error, FaultEffect.None)]
    VirtualPcBlockSizeUnknown,

    /// <summary>Virtual PC goes by the geometry, and the current size differs.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    VirtualPcSizeSeenDiffers,

    /// <summary>Virtual PC needs both footers, whole, equal and at their places.</summary>
    [Fault(Severity.Error, FaultEffect.None)]
    VirtualPcFooterUnsound,

    /// <summary>A file is not the undo file of a repair, or is damaged.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    UndoFileDamaged,

    /// <summary>The file does not begin with "vhdxfile".</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    NotVhdx,

    /// <summary>One of the two headers is damaged.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    VhdxHeaderInvalid,

    /// <summary>Both headers are damaged, so that the state of the log is in doubt.</summary>
    [Fault(Severity.Error, FaultEffect.UnreadableUnlessForced)]
    VhdxHeadersInvalid,

    /// <summary>Both headers have the same sequence number and differ, so that neither is current.</summary>
    [Fault(Severity.Error, FaultEffect.UnreadableUnlessForced)]
    VhdxHeadersAmbiguous,

    /// <summary>The version of the format is not 1.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    VhdxVersionUnsupported,

    /// <summary>The id that children store is all zeros.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    VhdxDataWriteGuidNull,

    /// <summary>Reserved bits or bytes are not zero.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    VhdxReservedNotZero,

    /// <summary>The file was not closed, and changes wait in its log.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    VhdxLogDirty,

    /// <summary>The header says that changes wait in the log, and the log has no valid entries.</summary>
    [Fault(Severity.Error, FaultEffect.UnreadableUnlessForced)]
    VhdxLogInvalid,

    /// <summary>Changes wait in a log of a version that no specification describes.</summary>
    [Fault(Severity.Error, FaultEffect.UnreadableUnlessForced)]
    VhdxLogVersionUnsupported,

    /// <summary>The log has more changes than are kept in memory.</summary>
    [Fault(Severity.Error, FaultEffect.UnreadableUnlessForced)]
    VhdxLogTooLarge,

    /// <summary>The log is not on whole MiB, is not in the file, or overlaps another structure.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    VhdxLogMisplaced,

    /// <summary>The file is shorter than its log says that it was.</summary>
    [Fault(Severity.Error, FaultEffect.UnreadableUnlessForced)]
    VhdxFileTruncated,

    /// <summary>The file is shorter than it will be when the log's changes are written into it.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    VhdxFileShorterThanLogged,

    /// <summary>One of the two region tables is damaged.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    VhdxRegionTableInvalid,

    /// <summary>Both region tables are damaged.</summary>
    [Fault(Severity.Error, FaultEffect.UnreadableUnlessForced)]
    VhdxRegionTablesInvalid,

    /// <summary>The two region tables differ.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    VhdxRegionTablesDiffer,

    /// <summary>A region is of an unknown kind.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    VhdxRegionUnknown,

    /// <summary>A region is of an unknown kind, and whoever does not know it must not open the file.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    VhdxRegionUnknownRequired,

    /// <summary>The region table does not name the block allocation table or the metadata.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    VhdxRegionMissing,

    /// <summary>The region table names a region twice.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    VhdxRegionDuplicate,

    /// <summary>A region is not on whole MiB, is larger than any, or is not in the file.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    VhdxRegionMisplaced,

    /// <summary>Two regions share bytes.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    VhdxRegionsOverlap,

    /// <summary>There is no metadata table where the region table says.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    VhdxMetadataInvalid,

    /// <summary>A metadata item is missing that every image has.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    VhdxMetadataItemMissing,

    /// <summary>A metadata item is there twice.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    VhdxMetadataItemDuplicate,

    /// <summary>A metadata item does not lie in the metadata region, or overlaps another.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    VhdxMetadataItemMisplaced,

    /// <summary>A metadata item has another length than its kind.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    VhdxMetadataItemInvalid,

    /// <summary>A metadata item is of an unknown kind.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    VhdxMetadataItemUnknown,

    /// <summary>A metadata item is of an unknown kind, and whoever does not know it must not open the file.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    VhdxMetadataItemUnknownRequired,

    /// <summary>A user's metadata item is marked as one that every reader must know.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    VhdxMetadataUserItemRequired,

    /// <summary>A metadata item is not marked as its kind is.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    VhdxMetadataFlagsMismatch,

    /// <summary>There are more or larger metadata items than the format allows.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    VhdxMetadataTooLarge,

    /// <summary>The file says that its making was not completed.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    VhdxFileUnfinished,

    /// <summary>The block size is not a power of two from 1 to 256 MiB.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    VhdxBlockSizeUnsupported,

    /// <summary>A sector size is neither 512 nor 4096.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    VhdxSectorSizeUnsupported,

    /// <summary>The virtual size is zero.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    VhdxSizeZero,

    /// <summary>The virtual size is more than 64 TiB.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    VhdxSizeTooLarge,

    /// <summary>The virtual size is not a whole number of logical sectors.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    VhdxSizeNotSectorAligned,

    /// <summary>The block allocation table has fewer entries than the disk needs.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    VhdxTableTooSmall,

    /// <summary>A table entry has a state that a payload block cannot have.</summary>
    [Fault(Severity.Error, FaultEffect.BlockUnreadable)]
    VhdxBlockStateInvalid,

    /// <summary>A table entry has a state that only a draft of the format had.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    VhdxBlockStateOfDraft,

    /// <summary>A table entry names a place where the file has no whole block.</summary>
    [Fault(Severity.Error, FaultEffect.BlockUnreadable)]
    VhdxBlockPastEnd,

    /// <summary>A table entry names a place inside the headers, the log or a region.</summary>
    [Fault(Severity.Error, FaultEffect.BlockUnreadable)]
    VhdxBlockInStructure,

    /// <summary>Two blocks share a part of the file.</summary>
    [Fault(Severity.Error, FaultEffect.None)]
    VhdxBlocksOverlap,

    /// <summary>The last block in the file holds only the part of it that is in the disk.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    VhdxLastBlockShort,

    /// <summary>A block of a fixed image is not in the file.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    VhdxBlockNotAllocated,

    /// <summary>A table entry has a state that a bitmap block cannot have.</summary>
    [Fault(Severity.Error, FaultEffect.BlockUnreadable)]
    VhdxBitmapStateInvalid,

    /// <summary>A block is partially present, and its chunk has no bitmap block.</summary>
    [Fault(Severity.Error, FaultEffect.BlockUnreadable)]
    VhdxBitmapMissing,

    /// <summary>An image without a parent has a bitmap block.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    VhdxBitmapUnexpected,

    /// <summary>Parts of the file belong to no structure and no block.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    VhdxSpaceUnused,

    /// <summary>The file is longer than any disk needs; blocks past 128 TiB were not searched for overlaps.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    VhdxFileTooLong,

    /// <summary>A differencing image does not say where its parent is.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    VhdxLocatorMissing,

    /// <summary>The parent locator is damaged.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    VhdxLocatorInvalid,

    /// <summary>An image without a parent has a parent locator.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    VhdxLocatorUnexpected,

    /// <summary>The parent locator does not say which image is the parent.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    VhdxLinkageMissing,

    /// <summary>The file is a VHDX image where only a VHD can be used.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    VhdxInsteadOfVhd,

    /// <summary>The file begins as a VHDX image, ends as a VHD, and has the extension of neither.</summary>
    [Fault(Severity.Error, FaultEffect.Unreadable)]
    VhdxOrVhdAmbiguous,

    /// <summary>The partition table of the disk has a fault, or a partition does not lie where one may.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    PartitionTableInvalid,

    /// <summary>The partition table of the disk is one that other programs may take otherwise, or that costs speed.</summary>
    [Fault(Severity.Note, FaultEffect.None)]
    PartitionTableUnusual,

    /// <summary>A file system on the disk is larger than its partition, or its first structure has a fault.</summary>
    [Fault(Severity.Warning, FaultEffect.None)]
    FileSystemInvalid,
}
