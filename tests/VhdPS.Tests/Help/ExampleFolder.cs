using VhdPS.Tests.Commands;

namespace VhdPS.Tests.Help;

/// <summary>The files that the examples of the documents work on, and a session in their folder.</summary>
internal sealed class ExampleFolder : IDisposable
{
    private readonly TempFolder _folder = new();

    public ExampleFolder()
    {
        Session = new ModuleSession(_folder.Root);
        Session.Run("""
            $ErrorActionPreference = 'Stop'
            $sector = [byte[]]::new(512)
            [Text.Encoding]::ASCII.GetBytes('Hello, disk.').CopyTo($sector, 0)
            $null = New-VpcImage disk.vhd -Size 20GB -UniqueId '5d1f0a92-7c3e-4b64-8f0d-3a6b2c91e7d4' -TimeStamp '2026-11-01Z'
            Write-VpcSector disk.vhd 4096 $sector
            $null = New-VpcImage fixed.vhd -Size 64MB -VhdType Fixed -UniqueId '0e4b7f31-2a58-4d9c-b1c6-94d7f5a8e203' -TimeStamp '2026-11-01Z'
            $null = New-Item -ItemType Directory rescue
            $null = New-VpcImage rescue/d.vhd -Size 1GB -UniqueId 'c8a2d6e4-91b7-4f05-a3de-60f1b7294c58' -TimeStamp '2026-11-01Z'
            $bytes = [IO.File]::ReadAllBytes("$PWD/rescue/d.vhd")
            $bytes[-100] = 64
            [IO.File]::WriteAllBytes("$PWD/rescue/d.vhd", $bytes)
            $raw = [byte[]]::new(8MB)
            $sector.CopyTo($raw, 0)
            [IO.File]::WriteAllBytes("$PWD/guest.img", $raw)
            $null = New-Item -ItemType Directory converted
            $null = New-Item -ItemType Directory chain
            $null = New-VpcImage chain/base.vhd -Size 1GB -UniqueId '8a35c2f0-6e94-4b1d-a7c8-2f50d9e613b4' -TimeStamp '2026-11-01Z'
            Write-VpcSector chain/base.vhd 0 $sector
            foreach ($pair in ('middle', 'base'), ('top', 'middle')) {
                $null = New-VpcImage "chain/$($pair[0]).vhd" -ParentPath "chain/$($pair[1]).vhd" -TimeStamp '2026-11-02Z'
                Write-VpcSector "chain/$($pair[0]).vhd" 8192 $sector
            }
            """).WithoutErrors();
    }

    public ModuleSession Session { get; }

    public void Dispose()
    {
        Session.Dispose();
        _folder.Dispose();
    }
}
