using System.Globalization;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Vhdx;

/// <summary>Reads the structures of one file in the order in which one leads to the next, as far as that goes.</summary>
internal static class VhdxLayoutReader
{
    public static VhdxLayout Read(ImageFile file)
    {
        var findings = new List<Finding>();
        byte[] identifierBytes = new byte[VhdxSpec.FileIdentifierSize];
        file.ReadAt(0, identifierBytes);
        var identifier = VhdxFileIdentifier.Parse(identifierBytes);
        if (!CheckFile(file, identifier, findings))
        {
            return new VhdxLayout([]) { Path = file.Path, FileLength = file.Length, Findings = findings };
        }

        VhdxHeader? header = new HeaderReader(file, findings).Read();
        if (header is null)
        {
            return new VhdxLayout([]) { Path = file.Path, FileLength = file.Length, Creator = identifier.Creator, Findings = findings };
        }

        VhdxLog log = new LogReader(file, header, findings).Read();
        long fileLength = Math.Max(file.Length, log.ReplayedLength);
        ImageFile replayed = log.Overlay is { } overlay ? new ReplayedFile(file, overlay, fileLength) : file;
        var regions = new RegionReader(replayed, log, findings);
        regions.Read();
        VhdxMetadata? metadata = regions.Metadata is { } region ? new MetadataReader(replayed, region, findings).Read() : null;
        ChunkMap chunks = metadata is null
            ? default
            : new ChunkMap(metadata.SizeBytes, metadata.BlockSize, metadata.LogicalSectorSize, metadata.HasParent);
        if (metadata is not null && regions.Table is { } table)
        {
            CheckTable(table, chunks, findings);
        }

        return new VhdxLayout(regions.Extents)
        {
            Path = file.Path,
            FileLength = fileLength,
            Creator = identifier.Creator,
            Header = header,
            Log = log,
            Metadata = metadata,
            Table = regions.Table,
            Chunks = chunks,
            Findings = findings,
        };
    }

    private static bool CheckFile(ImageFile file, VhdxFileIdentifier identifier, List<Finding> findings)
    {
        if (!identifier.HasSignature)
        {
            findings.Add(new Finding(
                FaultCode.NotVhdx, VhdStructure.FileIdentifier, 0, "vhdxfile", SignatureText.Of(identifier.Bytes[..8]),
                "The file does not begin as a VHDX file."));
        }
        else if (file.Length < VhdxSpec.HeaderAreaSize)
        {
            findings.Add(new Finding(
                FaultCode.FileTooSmall, VhdStructure.File, null, Text(VhdxSpec.HeaderAreaSize, "bytes or more"), Text(file.Length, "bytes"),
                "The file is too short for headers and region tables."));
        }

        return findings.Count == 0;
    }

    private static void CheckTable(VhdxExtent table, ChunkMap chunks, List<Finding> findings)
    {
        if (table.Length / VhdxSpec.TableEntrySize < chunks.EntryCount)
        {
            findings.Add(new Finding(
                FaultCode.VhdxTableTooSmall, VhdStructure.BlockAllocationTable, table.FileOffset,
                Text(chunks.EntryCount, "entries or more"),
                Text(table.Length / VhdxSpec.TableEntrySize, "entries"), "The table has fewer entries than the disk needs."));
        }
    }

    private static string Text(long value, string unit) => string.Create(CultureInfo.InvariantCulture, $"{value} {unit}");
}
